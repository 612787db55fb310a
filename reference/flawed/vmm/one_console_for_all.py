"""All VMs send on the same line."""

FAILS = {
    "V2",
    "V6",
    "V7",
    "V8",
    "V9",
    "V10",
    "V11",
    "V12",
    "V13",
    "V14",
    "V15",
    "V16",
    "V17",
    "V19",
    "V20",
    "V22",
}


def host_line(vmid, byte):
    vmm.host.transmit(1, byte)
