"""An exit that no guest can cause kills the guest for it."""

FAILS = {"V19"}


def host_bug(vm, exit):
    return kill(vm, f"has done what is not allowed: exception {exit.cause}")
