""" ".." in the name of a backing file is taken for a folder."""

FAILS = {"D14"}


def name_below(above: str, backing: str) -> str:
    """Return the store's name of a backing file that the image `above` names (D14)."""
    # On some hosts ":" and "\" lead to drives and folders; qemu takes "json:" for a protocol.
    if backing.startswith("/") or set(backing) & set(":\\\0"):
        raise Refused(Reason.UNSAFE, f"{above} lies upon {backing!r}")
    parts = above.split("/")[:-1]
    for part in backing.split("/"):
        if part not in ("", "."):
            parts.append(part)
    return "/".join(parts)
