"""At a host interrupt only what goes to the guest kernel is delivered, not to its firmware."""

FAILS = {"T20"}


def handle_exit(vcpu, exit, guest):
    if exit.interrupt:
        action = RESUME
    elif exit.cause == Exc.ILLEGAL_INSTRUCTION:
        action = emulate(vcpu, exit, guest)
    else:
        action = reflect(vcpu, exit)
    due = choose_interrupt(vcpu)
    if due is not None and (not exit.interrupt or vcpu.mideleg >> due & 1):
        take_trap(vcpu, Trap(due, interrupt=True))
    return action
