"""The name of a backing file is used as it stands."""

FAILS = {"D14"}


def name_below(above: str, backing: str) -> str:
    """Return the store's name of a backing file that the image `above` names (D14)."""
    folder = above.rpartition("/")[0]
    return f"{folder}/{backing}" if folder else backing
