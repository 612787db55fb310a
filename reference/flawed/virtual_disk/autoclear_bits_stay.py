"""Autoclear bits are left as they are."""

FAILS = {"D6"}


def begin_writing(image: Qcow2) -> None:
    """Look where the tables are, and clear the autoclear bits, of which none is known (D6, D20)."""
    note_tables(image)
    if False:
        image.file.write(AUTOCLEAR_FIELD, bytes(8))
        image.file.flush()
        image.autoclear = 0
