"""A fault that the guest shall have is told as the real hart told it."""

FAILS = {"V5"}


def page_fault(vm, exit):
    answer = vm.pager.fault(vm.memory, exit.cause, exit.tval)
    if answer.act is Act.RETRY:
        return RETRY
    if answer.act is Act.REFLECT:
        return inject(exit.cause, exit.tval)
    if answer.act is Act.ABSENT:
        return come_back(vm, answer.address)
    try:
        bits = vmm.host.fetch(vm.hart.pc) if exit.cause != Exc.INSTRUCTION_PAGE else 0
    except GuestFault:
        return RETRY
    decoded = decode(bits)
    if answer.act is Act.EMULATE:
        assert decoded is not None
        return store_to_table(vm, exit, decoded, answer.address)
    return access_device(vm, exit, decoded, answer.address)
