"""Write an answer to the link by hand."""

import os
import stat


def link():
    for descriptor in range(3, 4096):
        try:
            if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                return descriptor
        except OSError:
            continue
    raise LookupError


TELLS = ""


def attack(*arguments, **named):
    body = b'{"id": 0, "kind": "return", "result": 1, "inout": {}}'
    os.write(link(), len(body).to_bytes(4, "big") + body)
    raise RuntimeError("forged")
