"""A host interrupt is handed to the guest."""

FAILS = {"T20", "T22"}


def handle_exit(vcpu, exit, guest):
    if exit.interrupt:
        take_trap(vcpu, Trap(exit.cause, interrupt=True))
        return RESUME
    if exit.cause == Exc.ILLEGAL_INSTRUCTION:
        action = emulate(vcpu, exit, guest)
    else:
        action = reflect(vcpu, exit)
    due = choose_interrupt(vcpu)
    if due is not None:
        take_trap(vcpu, Trap(due, interrupt=True))
    return action
