"""Virtual interrupts are delivered at host interrupts only."""

FAILS = {"T20", "T22"}


def handle_exit(vcpu, exit, guest):
    if not exit.interrupt:
        return (
            emulate(vcpu, exit, guest)
            if exit.cause == Exc.ILLEGAL_INSTRUCTION
            else reflect(vcpu, exit)
        )
    due = choose_interrupt(vcpu)
    if due is not None:
        take_trap(vcpu, Trap(due, interrupt=True))
    return RESUME
