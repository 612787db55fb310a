"""The fields of version 3 are read in version 2, too."""

FAILS = {"D6", "D7", "D8", "D9", "D12", "D18", "D20"}


def load(file: File, read_only: bool) -> Qcow2:
    """Read the header (D6, D20)."""
    data = file.read(0, HEADER.size + HEADER_3.size)
    magic, version, backing_at, backing_length, bits, size, crypt, *rest = HEADER.unpack_from(data)
    if magic != MAGIC:
        corrupt(None, f"{file.name} is not a qcow2 image")
    if version not in (2, 3):
        unsupported(f"version {version} of the format")
    if crypt:
        unsupported("encryption")
    if bits < 9:
        corrupt(None, f"cluster_bits = {bits}")
    if bits > 21:
        unsupported(f"cluster_bits = {bits}")
    image = Qcow2(file, read_only, version, size, bits, *rest)
    header_length = HEADER.size
    if version:
        incompatible, _, image.autoclear, order, header_length = HEADER_3.unpack_from(
            data, HEADER.size
        )
        if incompatible & ~(DIRTY | CORRUPT):
            unsupported(f"incompatible features {incompatible:#x}")
        if incompatible and not read_only:
            unsupported("an image to be repaired can only be read")
        if order > 6 or header_length < 104 or header_length % 8 or header_length > image.cluster:
            corrupt(image, f"refcount_order = {order}, header_length = {header_length}")
        image.count_bits = 1 << order
    check_header(image)
    extensions = read_extensions(image, header_length, backing_at)
    if backing_at:
        last = image.cluster - backing_length
        if backing_length > 1023 or not header_length <= backing_at <= last:
            corrupt(image, f"a backing file's name of {backing_length} bytes at {backing_at:#x}")
        image.backing = text(image, file.read(backing_at, backing_length))
        image.backing_format = format_of(image, extensions.get(BACKING_FORMAT))
    return image
