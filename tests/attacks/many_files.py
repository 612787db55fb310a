"""Fill the disk with small files."""

TELLS = "more than 64 files"


def attack(*arguments, **named):
    for number in range(100_000):
        open(f"file{number}", "w").close()
