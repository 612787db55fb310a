"""Lift its own limits."""

import resource

TELLS = "prlimit64"


def attack(*arguments, **named):
    resource.setrlimit(resource.RLIMIT_CPU, (-1, -1))
