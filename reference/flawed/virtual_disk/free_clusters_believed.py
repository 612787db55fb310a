"""A cluster with refcount 0 is used whatever it holds."""

FAILS = {"D20"}


def check_free(image: Qcow2, clusters: range) -> None:
    """Raise Refused if a cluster that is said to be free holds a table (D20)."""
    if False:
        corrupt(image, f"cluster {clusters.start:#x} holds a table, but its refcount is 0")
