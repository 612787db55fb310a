"""All VMs send on the same line."""

FAILS = {"V2"}


def host_line(vmid, byte):
    vmm.host.transmit(1, byte)
