"""What lies below is written to, where the image has nothing itself."""

FAILS = {"D13", "D19", "D21"}


def write_span(image: Qcow2, offset: int, data: bytes) -> None:
    """Write bytes of the disk, all of which one L2 table maps (D9, D10, D13)."""
    updates: dict[int, int] = {}
    freed: Counter[int] = Counter()
    done = 0
    while done < len(data):
        cluster, start = divmod(offset + done, image.cluster)
        piece = data[done : done + image.cluster - start]
        entry = mapping(image, cluster)
        if not entry and image.below is not None and start + len(piece) < image.cluster:
            image.below.write(cluster * image.cluster + start, piece)
        elif is_own(entry):
            check_data(image, entry)
            image.file.write(data_of(image, entry) + start, piece)
        else:
            freed.update(host_clusters(image, entry))
            updates[cluster % image.per_table] = copy_cluster(image, cluster, start, piece) | COPIED
        done += len(piece)
    if updates:
        publish(image, offset // image.cluster // image.per_table, updates, freed)
