"""Stand in the way of every import."""

import sys


class Hook:
    def find_spec(self, name, path=None, target=None):
        raise KeyboardInterrupt


sys.meta_path.insert(0, Hook())

TELLS = ""


def attack(*arguments, **named):
    raise RuntimeError
