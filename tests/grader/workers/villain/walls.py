"""What walls forbid."""

import ctypes
import os
import signal
import sys


def open_socket(_):
    import socket

    return socket.socket(socket.AF_INET, socket.SOCK_STREAM)


def unix_socket(_):
    import socket

    return socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)


def socket_pair(_):
    import socket

    return socket.socketpair()


def start_thread(_):
    import threading

    threading.Thread(target=print).start()


def start_process(program):
    import subprocess

    return subprocess.run([program], capture_output=True).returncode


def read_file(path):
    with open(path, "rb") as file:
        return file.read(100)


def write_file(path):
    with open(path, "w") as file:
        file.write("was here")


def write_and_read(path):
    write_file(path)
    return read_file(path).decode()


def caught(path):
    try:
        return read_file(path)
    except OSError as error:
        return type(error).__name__


def read_beside_library(name):
    """Take the way that imports take, which may be another than the path's."""
    found = set()
    for entry in sys.path:
        try:
            read_file(os.path.join(entry, name))
        except OSError as error:
            found.add(type(error).__name__)
        else:
            found.add("read")
    return sorted(found)


def many_files(_):
    for index in range(10_000):
        write_file(f"file{index}")


def many_folders(_):
    for index in range(10_000):
        os.mkdir(f"folder{index}")


def big_file(_):
    with open("big", "wb") as file:
        for _ in range(100):
            file.write(b"x" * (1 << 20))


def system_call(number, *arguments):
    number, *arguments = map(int, number.split())
    libc = ctypes.CDLL(None, use_errno=True)
    result = libc.syscall(number, *(ctypes.c_long(a) for a in arguments))
    return result, ctypes.get_errno()


def patch_filter(_):
    """Undo the parent-death signal and the closed memory."""
    return ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)


ATTACKS = {
    "socket": open_socket,
    "unix socket": unix_socket,
    "socket pair": socket_pair,
    "thread": start_thread,
    "fork": lambda _: os.fork(),
    "process": start_process,
    "exec": lambda path: os.execv(path, [path]),
    "read": read_file,
    "caught read": caught,
    "read beside library": read_beside_library,
    "list": lambda path: os.listdir(path),
    "write": write_file,
    "write and read": write_and_read,
    "link": lambda path: os.link(__file__, path),
    "symlink": lambda path: os.symlink("/etc/passwd", path),
    "chmod": lambda path: os.chmod(path, 0o777),
    "kill parent": lambda _: os.kill(os.getppid(), signal.SIGKILL),
    "kill all": lambda _: os.kill(-1, signal.SIGKILL),
    "kill": lambda pid: os.kill(int(pid), signal.SIGKILL),
    "parent memory": lambda _: read_file(f"/proc/{os.getppid()}/mem"),
    "many files": many_files,
    "many folders": many_folders,
    "big file": big_file,
    "system call": system_call,
    "prctl": patch_filter,
    "null": lambda _: os.write(os.open(os.devnull, os.O_WRONLY), b"x"),
}
