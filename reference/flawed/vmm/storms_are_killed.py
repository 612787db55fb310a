"""A guest that makes many exits is ended for that."""

FAILS = {"V3", "V6", "V16", "V17", "V18", "V19"}


def dispatch(vm, exit):
    vm.trips = getattr(vm, "trips", 0) + 1 if exit.retired < 5 else 0
    if vm.trips > 100:
        carry_out(vm, kill(vm, "makes too many exits"))
        return
    if exit.retired:
        went_on(vm)
    carry_out(vm, HANDLERS[route(exit)](vm, exit))
    if vm.lives:
        settle(vm)
