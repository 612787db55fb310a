"""A guest in wfi goes on at once, and asks again."""

FAILS = {"V9"}


def fall_asleep(vm):
    vm.board.show_wires()
