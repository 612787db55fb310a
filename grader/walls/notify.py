"""The trusted end of a seccomp listener: what a worker is trying, told before it happens."""

from __future__ import annotations

import fcntl
import os
import struct
from dataclasses import dataclass

from . import seccomp
from .syscalls import COUNTED, FORBIDDEN

# <linux/seccomp.h>: struct seccomp_notif, struct seccomp_notif_resp and their ioctls
NOTIFICATION = struct.Struct("=QIIiIQ6Q")
RESPONSE = struct.Struct("=QqiI")
RECEIVE, SEND = 0xC0502100, 0xC0182101
CONTINUE = 1
FILES_MOST = 64
"""Files and folders that a part may create."""


class Forbidden(Exception):
    """The worker is trying what it must not; it waits in the kernel and is to be killed."""


@dataclass
class Listener:
    """Answers the notifications of one worker."""

    descriptor: int
    created: int = 0

    def judge(self) -> None:
        """Take one notification, let it go on, or raise Forbidden."""
        buffer = bytearray(NOTIFICATION.size)
        try:
            fcntl.ioctl(self.descriptor, RECEIVE, buffer)
        except OSError:
            return  # the worker died meanwhile
        identifier, _, _, number, *_ = NOTIFICATION.unpack(buffer)
        name = seccomp.names().get(number, f"system call {number}")
        if name not in COUNTED:
            what = FORBIDDEN.get(name, "change what a process may do")
            raise Forbidden(f"the part tried to {what} ({name}), which is forbidden")
        self.created += 1
        if self.created > FILES_MOST:
            raise Forbidden(f"the part tried to create more than {FILES_MOST} files")
        # Whether this file may be created is Landlock's decision; only the number is ours.
        response = bytearray(RESPONSE.pack(identifier, 0, 0, CONTINUE))
        try:
            fcntl.ioctl(self.descriptor, SEND, response)
        except OSError:
            return

    def close(self) -> None:
        """Let go of the listener; what the worker tries from now on answers ENOSYS."""
        os.close(self.descriptor)
