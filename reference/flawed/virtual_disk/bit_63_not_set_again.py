"""After a snapshot is gone its clusters are not marked as one's own."""

FAILS = {"D18", "D21"}


def release(image: Qcow2, freed: Counter[int]) -> None:
    """Take references away that nothing leads to any more, and set bit 63 anew (D18, D19)."""
    change_refcounts(image, {cluster: -count for cluster, count in freed.items()})
    image.file.flush()
