"""An ecall is reflected with the cause that hardware gave: always that of U-mode."""

FAILS = {"T14", "T22"}


def reflect(vcpu, exit):
    take_trap(vcpu, Trap(exit.cause, address=exit.tval))
    return RESUME
