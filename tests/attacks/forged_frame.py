"""Write an answer to the link by hand."""

import os

TELLS = ""


def tell(data):
    """Write to whatever descriptor takes it: one of them is the link."""
    for descriptor in range(3, 200):
        try:
            os.write(descriptor, data)
        except OSError:
            continue


def attack(*arguments, **named):
    body = b'{"id": 0, "kind": "return", "result": 1, "inout": {}}'
    tell(len(body).to_bytes(4, "big") + body)
    raise RuntimeError("forged")
