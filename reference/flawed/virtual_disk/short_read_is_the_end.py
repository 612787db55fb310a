"""A read that returns fewer bytes than asked for is taken for the end of the file."""

FAILS = {"D1", "D17"}


@dataclass(frozen=True)
class File:
    """A file of the store. Its users need not care for the end of the file, nor for half a job."""

    name: str

    def read(self, offset: int, length: int) -> bytes:
        """Return exactly so many bytes; behind the end of the file are zeros (D1)."""
        data = bytearray()
        while len(data) < length:
            rest = min(length - len(data), MOST)
            piece = host.store.read(self.name, offset + len(data), rest)
            data += piece
            if len(piece) < rest:
                break
        return bytes(data).ljust(length, b"\0")

    def write(self, offset: int, data: bytes) -> None:
        """Write all of `data` (D1)."""
        done = 0
        while done < len(data):
            done += host.store.write(self.name, offset + done, data[done : done + MOST])

    def flush(self) -> None:
        """Return when all that was written is durable."""
        host.store.flush(self.name)

    def resize(self, size: int) -> None:
        """Give the file a length, and create it if there is none."""
        host.store.resize(self.name, size)

    @property
    def size(self) -> int:
        """The length of the file; 0 if there is none."""
        return host.store.size(self.name) or 0
