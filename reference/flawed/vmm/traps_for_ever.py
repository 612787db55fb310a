"""Nobody notices that a guest cannot execute its own handler."""

FAILS = {"V19"}


def trapped(vm):
    return
