"""Let the host's clock run over its end."""

from vmlab.vm import State, Status

TELLS = ""
STRIKES = "V17"


def start(memory, resources):
    return None


def create(host, store, config):
    return None


def run(host, store, until):
    host.idle((1 << 64) - 1)
    host.time()
    host.idle((1 << 64) - 1)
    host.idle(None)


def status(vmid):
    return Status(State.RUNNING)


def attack(*arguments):
    raise RuntimeError
