"""The part of a new cluster that is not written to is zeros."""

FAILS = {"D10", "D13", "D18", "D19", "D21"}


def copy_cluster(image: Qcow2, cluster: int, start: int, piece: bytes) -> int:
    """Write a cluster of the disk, with `piece` in it, to a new place; return that (D9, D13)."""
    end = start + len(piece)
    before = bytes(start) if start else b""
    after = bytes(image.cluster - end) if end < image.cluster else b""
    place = allocate(image)
    image.file.write(place, before + piece + after)
    return place
