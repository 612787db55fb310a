"""A pager that thinks about the first fault for ever."""


def start(memory, guest):
    pass


def root(host):
    return 8 << 60 | host.allocate()


def fault(host, cause, address):
    while True:
        pass
