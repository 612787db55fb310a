"""Call the machine with what no VMM would: numbers out of range, other types, half a hart."""

from vmlab.hart import HartState

TELLS = ""
STRIKES = "V2"


def start(memory, resources):
    global frames
    frames = resources.frames


def create(host, store, config):
    return None


def run(host, store, until):
    hart = HartState()
    broken = HartState()
    broken.x = [1 << 70] * 40
    root = 8 << 60 | frames[0]
    for name, arguments in (
        ("run_guest", (1 << 32, hart, 10, root)),
        ("run_guest", (-1, hart, 10, root)),
        ("run_guest", (1, hart, -10, root)),
        ("run_guest", (1, hart, float("nan"), root)),
        ("run_guest", (1, broken, 10, root)),
        ("run_guest", (1, None, 10, root)),
        ("run_guest", (1, hart, True, root)),
        ("run_guest", (1, hart, 10, None)),
        ("run_guest", ()),
        ("transmit", (1, 256)),
        ("transmit", (1, b"a")),
        ("transmit", ("1", "a")),
        ("fetch", (1 << 80,)),
        ("idle", (float("inf"),)),
        ("idle", (-1,)),
        ("type", (1,)),
        ("look_at_all", ()),
        ("__class__", ()),
    ):
        try:
            getattr(host, name)(*arguments)
        except BaseException:
            continue
    for at in (0, 1 << 63, (1 << 64) - 1):
        try:
            host.fetch(at)
        except BaseException:
            continue
    host.run_guest(9, hart, (1 << 64) - 1, 1 << 60 | frames[0])


def attack(*arguments):
    raise RuntimeError
