"""The table of exceptions serves for interrupts, too."""

FAILS = {"V1", "V19"}


def route(exit):
    table = {**EXCEPTIONS, **INTERRUPTS}
    return cast("dict[int, Route]", table).get(exit.cause, Route.HOST)
