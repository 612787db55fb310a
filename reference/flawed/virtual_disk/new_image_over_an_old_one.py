"""create does not look whether there is such a file."""

FAILS = {"D8"}


def create(store: Store, name: str, new: NewImage) -> None:
    """Make an image that was not there (D8)."""
    host.store = store
    file = File(name)
    new = replace(new, size=-(-new.size // SECTOR) * SECTOR)
    if new.format is Format.RAW:
        file.resize(new.size)
    else:
        if new.backing is not None:
            name_below(name, new.backing)
        qcow2.make_image(file, new)
    file.flush()
