"""A VMM that enters its guest again and again, through shadow tables with nothing in them."""

from vmlab.hart import HartState
from vmlab.vm import Ledger, Resources, Route, State, Status, VmConfig

harts: dict[int, HartState] = {}
machine: list[Resources] = []


def start(memory, resources):
    harts.clear()
    machine[:] = [resources]
    frame = resources.frames[0] << 12
    memory[frame - 0x8000_0000 :][:4096] = bytes(4096)


def route(exit):
    return Route.INTERPRETER


def create(host, store, config: VmConfig):
    harts[config.vmid] = HartState(pc=config.entry)


def run(host, store, until):
    while True:
        for vmid, hart in harts.items():
            host.run_guest(vmid, hart, 1000, 8 << 60 | machine[0].frames[0])


def status(vmid):
    return Status(State.RUNNING)


def ledger():
    return Ledger(0, 0, [])


def balloon(host, vmid, pages):
    return 0


def destroy(host, store, vmid):
    del harts[vmid]
