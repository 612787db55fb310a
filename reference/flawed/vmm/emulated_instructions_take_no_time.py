"""Only what retires natively is counted."""

FAILS = {"V6"}


def retired(vm):
    vm.trapped = None
