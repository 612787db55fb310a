"""A new VM is checked for its RAM only, not for its shadow tables."""

FAILS = {"V13", "V14", "V20"}


def problem(config):
    if config.vmid == 0 or config.vmid in vmm.vms:
        return f"has vmid {config.vmid}, which is not free"
    if not 1 <= config.share <= SHARE_MOST:
        return f"has a share of {config.share}, not 1 to {SHARE_MOST}"
    if not 1 <= config.pages <= PAGES_MOST:
        return f"has {config.pages} pages of RAM, not 1 to {PAGES_MOST}"
    if not config.segments:
        return "has no kernel"
    end, last = RAM_BASE + PAGE_SIZE * config.pages, RAM_BASE
    for segment in sorted(config.segments, key=lambda segment: segment.address):
        stop = segment.address + len(segment.contents)
        if not RAM_BASE <= segment.address <= stop <= end:
            return f"has a segment at {segment.address:#x}..{stop:#x}, which is not all in its RAM"
        if segment.address < last:
            return f"has segments that overlap at {segment.address:#x}"
        last = stop
    ranges = [(each.address, each.address + len(each.contents)) for each in config.segments]
    if config.entry % 2 or not any(low <= config.entry < high for low, high in ranges):
        return f"begins at {config.entry:#x}, where it has no code"
    needed = config.pages
    if needed > unpromised():
        return f"needs {needed} frames, and {unpromised()} are left"
    if config.disk is not None and config.disk.quota > disk_left():
        return f"needs {config.disk.quota} bytes for its disk, and {disk_left()} are left"
    return None
