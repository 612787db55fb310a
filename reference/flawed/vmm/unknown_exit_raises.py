"""The dispatcher knows its table, and raises for everything else."""

FAILS = {"V1", "V19"}


def route(exit):
    return (INTERRUPTS if exit.interrupt else EXCEPTIONS)[exit.cause]
