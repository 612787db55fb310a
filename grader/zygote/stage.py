"""The folder that a zygote and its workers see: copies, so that no path of the host shows."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from vmlab.link.errors import LinkFailure

WORKER_PACKAGE = "_vmlab_worker"
SUBMISSION_BYTES = 64 << 20
SUBMISSION_FILES = 1_000
PREFIX = "vmlab-"
CLAIM = "claim"
DAY_NS = 24 * 60 * 60 * 10**9


class Stage:
    """A temporary folder: `kit` (vmlab and the worker's own code), `submission`, `scratch`."""

    def __init__(self, submission: Path, given: Iterable[Path], interface: Path | None) -> None:
        self.root = _temporary_folder()
        self._claim = _claim(self.root)
        _sweep(self.root.parent)
        self.kit = self.root / "kit"
        self.submission = self.root / "submission"
        self.scratch = self.root / "scratch"
        self.given: list[str] = []
        """Parts that are the course's still; a submission may have brought some of its own."""
        try:
            self._fill(submission, given, interface)
        except BaseException:
            self.remove()
            raise

    def _fill(self, submission: Path, given: Iterable[Path], interface: Path | None) -> None:
        for folder in (self.kit, self.submission, self.scratch):
            folder.mkdir(mode=0o755)
        # The path of a worker's scratch is told to it; nobody can list the others.
        self.scratch.chmod(0o711)
        _copy_package("vmlab", self.kit / "vmlab")
        _copy_package("grader.worker", self.kit / WORKER_PACKAGE)
        if interface is not None:
            shutil.copyfile(interface, self.kit / interface.name)
        ours = {self.submission / each.name: each.read_bytes() for each in given}
        for path, contents in ours.items():
            path.write_bytes(contents)
        _copy_submission(submission, self.submission)
        self.given = [path.stem for path in ours if path.read_bytes() == ours[path]]
        for folder in (self.kit, self.submission):
            _keep_reading_secret(folder)

    def sources(self) -> str:
        """Return the text of all Python files of the submission, whatever their encoding."""
        return "\n".join(
            path.read_bytes().decode(errors="replace") for path in self.submission.rglob("*.py")
        )

    def remove(self) -> None:
        """Remove everything."""
        wipe(self.root)
        os.close(self._claim)


def wipe(path: Path) -> None:
    """Remove a file or folder, whatever rights a part left on it. Its processes are dead."""
    if path.is_symlink() or not path.is_dir():
        path.unlink()
        return
    path.chmod(0o700)
    for entry in path.iterdir():
        wipe(entry)
    path.rmdir()


def _temporary_folder() -> Path:
    """Return a new folder that a worker can reach, who may be a user with no rights at all."""
    tried = []
    for parent in (tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm"):
        path = Path(parent).resolve()
        if path.is_dir() and os.access(path, os.W_OK) and _open_to_all(path):
            folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=path))
            folder.chmod(0o711)
            return folder
        tried.append(str(path))
    raise LinkFailure(f"no temporary folder that every user may enter: {', '.join(tried)}")


def _claim(root: Path) -> int:
    """Lock the folder for as long as this process lives; return the lock's descriptor."""
    descriptor = os.open(root / "claim.new", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    # Locked before it can be found: no one takes a new stage for an abandoned one.
    os.rename(root / "claim.new", root / CLAIM)
    return descriptor


def _sweep(parent: Path) -> None:
    """Remove the stages of our own whose process was killed before it could."""
    for claim in parent.glob(f"{PREFIX}*/{CLAIM}"):
        try:
            if claim.lstat().st_uid != os.geteuid():
                continue
            descriptor = os.open(claim, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            continue  # somebody else is removing it
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            continue  # in use
        else:
            with suppress(OSError):
                wipe(claim.parent)
        finally:
            os.close(descriptor)


def _open_to_all(path: Path) -> bool:
    if os.name != "posix" or os.geteuid() != 0:
        return True
    return all(each.stat().st_mode & stat.S_IXOTH for each in (path, *path.parents))


def _copy_package(name: str, target: Path) -> None:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise LinkFailure(f"the package {name} cannot be found")
    for folder, _, files in os.walk(source := spec.submodule_search_locations[0]):
        copy = target / os.path.relpath(folder, source)
        copy.mkdir(mode=0o755)
        copy.chmod(0o755)
        for name in files:
            # Compiled files come along, with the times by which Python knows that they are current.
            shutil.copy2(os.path.join(folder, name), copy)
            (copy / name).chmod(0o644)


def _keep_reading_secret(folder: Path) -> None:
    """Have no access time change when something is read: the worker of a later test could see it.

    Linux notes the first access after a change, and one a day (mount option relatime).
    """
    ahead = time.time_ns() + DAY_NS
    for path in (folder, *folder.rglob("*")):
        os.utime(path, ns=(ahead, path.stat().st_mtime_ns))


def _copy_submission(source: Path, target: Path) -> None:
    """Copy regular files only, no links, within bounds. Raise LinkFailure."""
    files = size = 0
    for folder, names, entries in os.walk(source):
        names[:] = [n for n in names if n != "__pycache__" and not Path(folder, n).is_symlink()]
        here = target / Path(folder).relative_to(source)
        here.mkdir(mode=0o755, exist_ok=True)
        for entry in entries:
            path = Path(folder, entry)
            status = path.lstat()
            if not stat.S_ISREG(status.st_mode):
                continue
            files, size = files + 1, size + status.st_size
            if files > SUBMISSION_FILES or size > SUBMISSION_BYTES:
                raise LinkFailure(f"the submission is larger than {SUBMISSION_BYTES:,} bytes")
            shutil.copyfile(path, here / entry, follow_symlinks=False)
            (here / entry).chmod(0o644)
