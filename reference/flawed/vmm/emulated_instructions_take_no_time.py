"""Only what retires natively is counted."""

FAILS = {"V6", "V7", "V22"}


def retired(vm):
    went_on(vm)
