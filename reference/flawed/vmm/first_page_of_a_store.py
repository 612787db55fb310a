"""A store that goes on in another page is made in the host frame behind the first."""

FAILS = {"V10"}


def store_to_table(vm, exit, decoded, address):
    row, offset = decoded.instruction, decoded.imm
    if row.kind is not Kind.STORE:
        offset = 0
    places: list[tuple[int, int | None, int]] = []
    target = vm.hart.x[decoded.rs1] + offset & MASK64
    for virtual, length in [(target, row.width)]:
        if virtual <= exit.tval < virtual + length:
            guest: int | None = address - (exit.tval - virtual)
        else:
            answer = vm.pager.fault(vm.memory, Exc.STORE_PAGE, virtual)
            if answer.act is Act.REFLECT:
                return inject(answer.cause, answer.address)
            if answer.act is Act.ABSENT:
                return come_back(vm, answer.address)
            if answer.act is Act.DEVICE:
                return inject(Exc.STORE_ACCESS, virtual)
            guest = answer.address if answer.act is Act.EMULATE else None
        place = host_address(vm, guest) if guest is not None else through_shadow(vm, virtual)
        if place is None:
            return RETRY
        places.append((place - RAM_BASE, guest, length))
    if row.kind is Kind.SC:
        [(_, guest, length)] = places
        assert guest is not None
        vm.pager.written(vm.memory, guest, length)
        set_register(vm, decoded.rd, 1)
        return step(decoded)
    value = vm.hart.x[decoded.rs2]
    if row.kind is Kind.AMO:
        [(at, _, _)] = places
        old = extended(int.from_bytes(vmm.memory[at : at + row.width], "little"), row.width)
        assert row.meaning is not None
        value = row.meaning(old, value)
        set_register(vm, decoded.rd, old)
    data = (value & (1 << 8 * row.width) - 1).to_bytes(row.width, "little")
    for at, guest, length in places:
        vmm.memory[at : at + length] = data[:length]
        data = data[length:]
        if guest is not None:
            vm.pager.written(vm.memory, guest, length)
    return step(decoded)
