"""What can be wrong with a snapshot."""


class SnapshotError(ValueError):
    """These bytes are no snapshot, or not one of such a machine; the message is one sentence."""
