"""A backing file whose format is not said is looked at."""

FAILS = {"D14", "D20"}


def open_below(image: Qcow2, above: tuple[str, ...]) -> Image:
    """Open the backing file of `above[-1]`, to be read only (D12, D14)."""
    assert image.backing is not None
    name = name_below(above[-1], image.backing)
    if name in above:
        raise Refused(Reason.UNSAFE, f"{name} lies below itself")
    if len(above) >= DEEPEST:
        raise Refused(Reason.UNSAFE, f"more than {DEEPEST} images lie one upon the other")
    kind = image.backing_format
    if kind is None:
        kind = Format.QCOW2 if File(name).read(0, 4) == b"QFI\xfb" else Format.RAW
    return open_image(name, kind, True, above)
