"""A store to a page table is carried out, and the pager not told."""

FAILS = {"V3", "V10", "V22"}


def store_to_table(vm, exit, decoded, address):
    row = decoded.instruction
    place = host_address(vm, address)
    value = vm.hart.x[decoded.rs2]
    if row.kind is Kind.SC:
        set_register(vm, decoded.rd, 1)
        return step(decoded)
    at = place - RAM_BASE
    if row.kind is Kind.AMO:
        old = extended(int.from_bytes(vmm.memory[at : at + row.width], "little"), row.width)
        value = row.meaning(old, value)
        set_register(vm, decoded.rd, old)
    vmm.memory[at : at + row.width] = (value & (1 << 8 * row.width) - 1).to_bytes(
        row.width, "little"
    )
    return step(decoded)
