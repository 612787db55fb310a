"""A host interrupt is left to the host, and what is due for the guest with it."""

FAILS = {"T20"}


def handle_exit(vcpu, exit, guest):
    if exit.interrupt:
        return RESUME
    if exit.cause == Exc.ILLEGAL_INSTRUCTION:
        action = emulate(vcpu, exit, guest)
    else:
        action = reflect(vcpu, exit)
    due = choose_interrupt(vcpu)
    if due is not None:
        take_trap(vcpu, Trap(due, interrupt=True))
    return action
