"""Where the entries of an L2 table lead is not looked at before a write."""

FAILS = {"D20"}


def check_data(image: Qcow2, entry: int) -> None:
    """Raise Refused if an entry of L2 leads to a table (D20)."""
    if False:
        corrupt(image, f"the entry {entry:#x} of an L2 table leads to a table")
