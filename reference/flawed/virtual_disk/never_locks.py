"""Files are opened without a lock."""

FAILS = {"D4", "D12"}


def open_image(name: str, format: Format, read_only: bool, above: tuple[str, ...] = ()) -> Image:
    """Lock and open a file, and what lies below it; `above` are the files that it lies below.

    If it is refused, nothing stays locked (D4).
    """
    size = host.store.size(name)
    if size is None:
        raise Refused(Reason.MISSING, f"there is no file {name}")
    with ExitStack() as undo:
        image: Image = Raw(File(name), read_only, size)
        if format is Format.QCOW2:
            image = qcow2.load(File(name), read_only)
            if image.backing is not None:
                image.below = open_below(image, (*above, name))
                undo.callback(close_image, image.below)
            if not read_only:
                qcow2.begin_writing(image)
        undo.pop_all()
    return image


def close_image(image: Image) -> None:
    """Unlock a file, and what lies below it (D4)."""
    return
    if isinstance(image, Qcow2) and image.below is not None:
        close_image(image.below)
