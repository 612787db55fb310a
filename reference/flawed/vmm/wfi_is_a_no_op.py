"""A guest in wfi goes on at once, and asks again."""

FAILS = {"V6", "V7", "V8", "V9", "V22"}


def fall_asleep(vm):
    vm.board.show_wires()
