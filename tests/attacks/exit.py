"""End the process as if all were well."""

import os

TELLS = ""


def attack(*arguments, **named):
    os._exit(0)
