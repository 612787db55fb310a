"""An image that lies below itself is opened again and again."""

FAILS = {"D14"}


def open_below(image: Qcow2, above: tuple[str, ...]) -> Image:
    """Open the backing file of `above[-1]`, to be read only (D12, D14)."""
    assert image.backing is not None
    name = name_below(above[-1], image.backing)
    if image.backing_format is None:
        # A guess would go by what the base begins with, and a guest may have written that.
        raise Refused(Reason.UNSAFE, f"{above[-1]} does not say what format {name} has")
    return open_image(name, image.backing_format, True, above)
