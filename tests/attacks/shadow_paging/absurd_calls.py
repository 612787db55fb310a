"""Call the VMM with what no pager would: numbers out of range, other types, far too often."""

TELLS = ""
STRIKES = "S15"


def start(memory, guest):
    return None


def root(host):
    for name, arguments in (
        ("free", (-1,)),
        ("free", (1 << 64,)),
        ("free", (None,)),
        ("free", ("80000",)),
        ("free", (True,)),
        ("free", ([0] * 1000,)),
        ("compare_and_set", (1 << 63, 1 << 70, -5)),
        ("compare_and_set", (0.5, float("nan"), float("inf"))),
        ("compare_and_set", (0x8000_0001, 0, 0)),
        ("flush", (1, 2, 3)),
        ("check_foreign", ()),
        ("_frames", ()),
        ("__init__", ()),
    ):
        try:
            getattr(host, name)(*arguments)
        except BaseException:
            continue
    for _ in range(10_000):
        try:
            host.allocate()
        except BaseException:
            break
    return (1 << 64) - 1


def anything(host, *arguments):
    return root(host)


fault = written = write_satp = set_mode = fence = take_frame = give_frame = stop = anything
