"""New clusters are not marked as one's own."""

FAILS = {"D6", "D8", "D9", "D10", "D11", "D13", "D18", "D21", "D22"}


def write_span(image: Qcow2, offset: int, data: bytes) -> None:
    """Write bytes of the disk, all of which one L2 table maps (D9, D10, D13)."""
    updates: dict[int, int] = {}
    freed: Counter[int] = Counter()
    done = 0
    while done < len(data):
        cluster, start = divmod(offset + done, image.cluster)
        piece = data[done : done + image.cluster - start]
        entry = mapping(image, cluster)
        if is_own(entry):
            check_data(image, entry)
            image.file.write(data_of(image, entry) + start, piece)
        else:
            freed.update(host_clusters(image, entry))
            updates[cluster % image.per_table] = copy_cluster(image, cluster, start, piece)
        done += len(piece)
    if updates:
        publish(image, offset // image.cluster // image.per_table, updates, freed)
