"""create makes images that no one can open."""

FAILS = {"D8"}


def make_image(file: File, new: NewImage) -> None:
    """Write an empty image: header, refcount table and blocks, L1 table (D8)."""
    cluster = 1 << new.cluster_bits
    per_block = cluster * 8 >> new.refcount_order
    l1_size = max(1, -(-new.size // (cluster * cluster // ENTRY)))
    if l1_size * ENTRY > MOST_L1:
        unsupported(f"a disk of {new.size} bytes with clusters of {cluster}")
    tables = blocks = 1
    of_l1 = -(-l1_size * ENTRY // cluster)
    while blocks * per_block < 1 + tables + blocks + of_l1 or tables * cluster < blocks * ENTRY:
        blocks = -(-(1 + tables + blocks + of_l1) // per_block)
        tables = -(-blocks * ENTRY // cluster)
    total = 1 + tables + blocks + of_l1
    places = [(1 + tables + number) * cluster for number in range(blocks)]
    l1_offset = (total - of_l1) * cluster
    fields = (l1_size, l1_offset, cluster, tables, 0, 0)
    image = Qcow2(file, False, new.version, new.size, new.cluster_bits, *fields)
    image.count_bits = 1 << new.refcount_order
    file.resize(total * cluster)
    file.write(cluster, struct.pack(f">{blocks}Q", *places))
    for number, place in enumerate(places):
        used = min(per_block, total - number * per_block)
        write_refcounts(image, place, dict.fromkeys(range(used), 1))
    file.flush()
    file.write(0, header(new, fields))
