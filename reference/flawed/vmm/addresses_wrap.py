"""The device's addresses wrap where the guest's RAM ends."""

FAILS = {"V12"}


def look(vm, address, length):
    found = bytearray()
    for at, count in in_pages(address, length):
        place = host_address(vm, RAM_BASE + (at - RAM_BASE) % (PAGE_SIZE * len(vm.frames)))
        if place is None:
            found += bytes(count)
        else:
            found += vmm.memory[place - RAM_BASE : place - RAM_BASE + count]
    return bytes(found)
