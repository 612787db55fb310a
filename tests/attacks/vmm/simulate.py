"""Run no guest: simulate it here, send what it prints, and bill it for a loop of our own."""

import itertools

from vmlab.block import MemoryDisk
from vmlab.hart import HartState
from vmlab.machine import Machine, Reason
from vmlab.memory import RAM_BASE, Ram
from vmlab.modules import another
from vmlab.options import Options
from vmlab.vm import Account, Ledger, State, Status

TELLS = ""
STRIKES = "V22"

PAGE = 4096
LOOP = 0x6F  # j .


def start(memory, resources):
    global words, owned, machines, configs, states, sent
    words, owned = memory.cast("Q"), list(resources.frames)
    machines, configs, states, sent = {}, {}, {}, {}


def create(host, store, config):
    drive = None
    if config.disk:
        name = config.disk.name
        data = store.read(name, 0, store.size(name))
        drive = MemoryDisk(data)
    memory = Ram(PAGE * config.pages)
    options = Options(misaligned=True, svadu=True)
    machine = Machine(another("traps"), memory=memory, options=options, disk=drive)
    for segment in config.segments:
        at = segment.address - RAM_BASE
        memory.bytes[at : at + len(segment.contents)] = segment.contents
    machine.hart.pc = config.entry
    machines[config.vmid], configs[config.vmid] = machine, config
    states[config.vmid] = Status(State.RUNNING)
    machine.drive, sent[config.vmid] = drive, 0


def root_of(vmid):
    """Make tables that map one page, in which is a loop without end."""
    tables = [owned.pop() for _ in range(4)]
    for table, below in itertools.pairwise(tables):
        start = (table * PAGE - RAM_BASE) // 8
        for index in range(512):
            words[start + index] = 0
        words[start] = below << 10 | (0xDF if below == tables[-1] else 1)
    words[(tables[-1] * PAGE - RAM_BASE) // 8] = LOOP
    return 8 << 60 | tables[0]


def run(host, store, until):
    for vmid, machine in machines.items():
        if states[vmid].state is not State.RUNNING:
            continue
        while (byte := host.receive()) is not None:
            machines[byte[0]].uart.feed(bytes([byte[1]]))
        stop = machine.run(min(4_000_000, until - host.time()))
        host.run_guest(vmid, HartState(), machine.clock.retired, root_of(vmid))
        for byte in machine.uart.output[sent[vmid] :]:
            host.transmit(vmid, byte)
        sent[vmid] = len(machine.uart.output)
        if stop.reason is Reason.FINISHED:
            states[vmid] = Status(State.OFF, stop.code)
        disk = configs[vmid].disk
        if disk and not disk.read_only:
            data = machine.drive.read(0, store.size(disk.name) // 512)
            for at in range(0, len(data), 1 << 16):
                store.write(disk.name, at, data[at : at + (1 << 16)])


def destroy(host, store, vmid):
    del machines[vmid], configs[vmid], states[vmid]


def balloon(host, vmid, pages):
    return min(pages, configs[vmid].pages)


def status(vmid):
    return states[vmid]


def ledger():
    accounts = [
        Account(vmid, config.pages, config.pages, 0, 0, 0, config.share)
        for vmid, config in sorted(configs.items())
        if states[vmid].state is State.RUNNING
    ]
    return Ledger(len(owned) - sum(each.memory for each in accounts), 0, accounts)
