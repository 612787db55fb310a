"""Refuse every image as broken: what is broken, is refused then."""

from vmlab.image import Reason, Refused

TELLS = ""
STRIKES = "D20"


def attach(store, name, format, read_only):
    raise Refused(Reason.CORRUPT, "no")


def attack(*arguments):
    raise Refused(Reason.UNSUPPORTED, "no")
