"""Leave a note for the next test in shared memory."""

TELLS = ""


def attack(*arguments, **named):
    for place in ("/dev/shm/note", "/tmp/note", "/var/tmp/note"):
        try:
            open(place, "a").close()
        except OSError:
            continue
        raise SystemError(f"wrote {place}")
    raise ValueError("nowhere to write")
