"""The virtual mode is kept in a global, as if there were one guest."""

FAILS = {"T14", "T15", "T16", "T17", "T18", "T19", "T20", "T21", "T22"}


def handle_exit(vcpu, exit, guest, virtual_mode=[]):  # noqa: B006
    if virtual_mode:
        vcpu.mode = virtual_mode.pop()
    if exit.interrupt:
        action = RESUME
    elif exit.cause == Exc.ILLEGAL_INSTRUCTION:
        action = emulate(vcpu, exit, guest)
    else:
        action = reflect(vcpu, exit)
    due = choose_interrupt(vcpu)
    if due is not None:
        take_trap(vcpu, Trap(due, interrupt=True))
    virtual_mode.append(vcpu.mode)
    return action
