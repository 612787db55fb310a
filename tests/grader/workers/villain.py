"""A submission that tries everything: `attack(name)` runs one of the functions below."""

import builtins
import ctypes
import json
import os
import signal
import stat
import struct
import sys
import time

from vmlab.trap import Exit, GuestFault, IllegalInstruction, Trap

LEFT_BEHIND = []


def attack(name, argument):
    return str(ATTACKS[name](argument))


def number(name):
    return NUMBERS[name]()


def flag(name):
    return {"true": True, "one": 1, "zero": 0}[name]


def mode(name):
    return {"plain": 1, "true": True, "two": 2, "float": 1.0}[name]


def short(text):
    return [0] * len(text)


def echo(parcel):
    return parcel


def change(hart, name):
    if name == "fine":
        hart.x[5] = 7
        hart.pc += 4
    elif name == "replaced list":
        hart.x = [0] * 31 + [9]
    elif name == "illegal":
        hart.pc = 99
        raise IllegalInstruction
    elif name == "fault":
        raise GuestFault(Trap(12, address=hart.pc))
    elif name == "bad fault":
        raise GuestFault("no trap")
    elif name == "wide":
        hart.pc = 1 << 64
    elif name == "negative":
        hart.x[3] = -1
    elif name == "x0":
        hart.x[0] = 1
    elif name == "short list":
        hart.x.pop()
    elif name == "bool":
        hart.pc = True
    elif name == "equal":
        hart.pc = Equal()


def nested(vcpu, computer, name):
    if name == "peek":
        return computer.peek(vcpu.pc) + 1
    if name == "run":
        end = computer.run(vcpu, 10)
        assert type(end) is Exit
        return end.cause
    if name == "fault":
        try:
            return computer.peek(13)
        except GuestFault as fault:
            return fault.trap.cause
    if name == "swallow":
        try:
            return computer.peek(666)
        except BaseException:
            return computer.peek(1)
    if name == "endless":
        while True:
            computer.peek(1)
    if name == "out of range":
        return computer.peek(-1)
    if name == "unknown":
        return computer.poke(1)
    if name == "keep":
        LEFT_BEHIND.append(computer)
        return 0
    if name == "kept":
        return LEFT_BEHIND[0].peek(1)
    call = {"call": 1}
    forged = {
        "forged argument": {**call, "kind": "call computer.peek", "arguments": {"address": -1}},
        "forged bool": {**call, "kind": "call computer.peek", "arguments": {"address": True}},
        "forged method": {**call, "kind": "call computer.poke", "arguments": {"address": 1}},
        "forged dunder": {**call, "kind": "call computer.__init__", "arguments": {}},
        "forged parameter": {**call, "kind": "call vcpu.peek", "arguments": {"address": 1}},
        "extra argument": {
            **call,
            "kind": "call computer.peek",
            "arguments": {"address": 1, "size": 8},
        },
        "missing argument": {**call, "kind": "call computer.peek", "arguments": {}},
    }
    honest = json.dumps({**call, "kind": "call computer.peek", "arguments": {"address": 1}})
    if name == "twice":
        frame(message(honest))
        frame(message(honest))
    elif name == "other question":
        frame(message(honest, question=current_question() ^ 1))
    elif name == "with blocks":
        frame(message(honest, blocks=b"\0"))
    else:
        frame(message(json.dumps(forged[name])))
    return time.sleep(60)


def fill(ram, offset, data):
    ram[offset : offset + len(data)] = data


class Equal:
    """Equal to everything, and more besides."""

    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0

    def __index__(self):
        return 5

    __int__ = __index__

    def __lt__(self, other):
        return True

    __le__ = __gt__ = __ge__ = __lt__

    def __repr__(self):
        raise RuntimeError("no text for you")


class EvilInt(int):
    def __int__(self):
        return "gotcha"

    __index__ = __add__ = __int__

    def __le__(self, other):
        return True

    __lt__ = __ge__ = __gt__ = __le__


def exits(kind):
    def attack():
        raise kind

    return attack


def replace_builtins():
    for name in ("len", "type", "isinstance", "getattr", "print", "next", "range", "str", "int"):
        setattr(builtins, name, lambda *a, **k: 1)
    return 1


def replace_json():
    import vmlab.link.wire

    json.dumps = lambda *a, **k: '{"id": 0, "kind": "return", "result": 1, "inout": {}}'
    vmlab.link.wire.codec = None
    return 1


NUMBERS = {
    "right": lambda: 42,
    "none": lambda: None,
    "huge": lambda: 1 << 64,
    "gigantic": lambda: 10**4000,
    "negative": lambda: -1,
    "bool": lambda: True,
    "nan": lambda: float("nan"),
    "float": lambda: 1.0,
    "text": lambda: "42",
    "equal": lambda: Equal(),
    "evil int": lambda: EvilInt(3),
    "exit": exits(SystemExit),
    "interrupt": exits(KeyboardInterrupt),
    "generator exit": exits(GeneratorExit),
    "exit zero": lambda: os._exit(0),
    "replace builtins": replace_builtins,
    "replace json": replace_json,
    "zero division": lambda: 1 // 0,
}


# What walls forbid


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


# What limits forbid


def hog(_):
    kept = []
    while True:
        kept.append(bytearray(1 << 20))


def one_hog(_):
    return len(bytearray(1 << 40))


def map_hog(_):
    import mmap

    return [mmap.mmap(-1, 1 << 30) for _ in range(100)]


def loop(_):
    while True:
        pass


def stubborn_loop(_):
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    while True:
        pass


def sleep(_):
    time.sleep(3600)


def recurse(_):
    return recurse(_) + 1


def recurse_deeper(_):
    sys.setrecursionlimit(1 << 30)
    text = "(" * 5_000_000
    value = []
    for _ in range(3_000_000):
        value = [value]
    return repr(value) + text


def flood(mebibytes):
    line = b"x" * (1 << 20)
    for _ in range(int(mebibytes)):
        os.write(1, line)
        os.write(2, line)
    return "printed"


# What a process can do to itself


def close_all(_):
    os.closerange(0, 4096)
    time.sleep(60)


def server():
    for depth in range(1, 20):
        found = sys._getframe(depth).f_locals.get("self")
        if type(found).__name__ == "Server":
            return found
    raise LookupError


def find_link():
    return server()._answers


def current_question():
    return server()._question


def frame(body):
    os.write(find_link(), struct.pack(">I", len(body)) + body)


def message(document, blocks=b"", question=None, size=None):
    text = document.encode() if isinstance(document, str) else document
    head = current_question() if question is None else question
    return struct.pack("<QI", head, len(blocks) if size is None else size) + blocks + text


def answer(**changes):
    return json.dumps({"kind": "return", "result": "x", "inout": {}, **changes})


def forge(kind):
    right = answer()
    if kind == "twice":
        frame(message(right))
        frame(message(right))
        return "third"
    if kind == "announced":
        os.write(find_link(), b"\xff\xff\xff\xff" + b"x" * 1000)
    elif kind == "half":
        os.write(find_link(), b"\x00\x00\x10\x00half a frame")
    elif kind == "drip":
        os.write(find_link(), b"\x00\x10\x00\x00")
        while True:
            os.write(find_link(), b"x")
            time.sleep(0.01)
    elif kind in HEADS:
        frame(HEADS[kind](right))
    else:
        documents = {
            "no text": "",
            "not json": "{",
            "list": "[]",
            "deep": '{"kind":' + "[" * 500_000,
            "long number": '{"kind":' + "9" * 1_000_000 + "}",
            "nan": right.replace('"x"', "NaN"),
            "not unicode": b'{"kind":"\xff\xfe"}',
            "surrogate": answer(result="\ud800"),
            "no result": '{"kind": "return", "inout": {}}',
            "other kind": answer(kind="sure"),
            "object kind": answer(kind={}),
            "extra key": answer(points=100),
            "unknown exception": answer(kind="raise SystemExit", fields={}),
            "forged exception": json.dumps(
                {
                    "kind": "raise GuestFault",
                    "fields": {"trap": {"cause": -1}},
                    "inout": {},
                }
            ),
            "giant text": answer(result="x" * 3_000_000),
            "unasked inout": answer(inout={"hart": {}}),
            "unknown reason": json.dumps(
                {
                    "kind": "failed",
                    "reason": "passed",
                    "message": "",
                    "traceback": "",
                }
            ),
            "wordy": json.dumps(
                {
                    "kind": "failed",
                    "reason": "raised",
                    "message": "x" * 1_000_000,
                    "traceback": "",
                }
            ),
        }
        frame(message(documents[kind]))
    return time.sleep(60)


HEADS = {
    "empty": lambda right: b"",
    "half a head": lambda right: message(right)[:11],
    "wrong id": lambda right: message(right, question=current_question() ^ 1),
    "id of another time": lambda right: message(right, question=0),
    "more blocks than bytes": lambda right: message(right, size=1 << 20),
    "text in blocks": lambda right: message(right, size=len(right)),
    "unasked blocks": lambda right: message(right, blocks=b"\0"),
}


def safe(value):
    kept = vars(value) if type(value).__module__.startswith("_vmlab") else value
    return repr(kept)[:5000] if type(value).__name__ != "socket" else "a socket"


def surroundings(_):
    modules = {n: getattr(m, "__file__", None) for n, m in sys.modules.items()}
    frames = []
    inner = sys._getframe()
    while inner:
        frames.append({name: safe(value) for name, value in inner.f_locals.items()})
        inner = inner.f_back
    found = [dict(os.environ), sys.argv, sys.path, modules, os.getcwd(), frames, sys.orig_argv]
    return json.dumps(found, default=repr)


def descriptors(_):
    found = []
    for descriptor in range(4096):
        try:
            kind = stat.S_IFMT(os.fstat(descriptor).st_mode)
        except OSError:
            continue
        found.append([descriptor, kind])
    return json.dumps(found)


def import_module(name):
    __import__(name)
    return "imported"


def colours(_):
    print("\x1b[31mred\x1b]0;title\x07")
    raise ValueError("\x1b[2J\u202e")


ATTACKS = {
    "nothing": lambda _: "done",
    "print": lambda text: print(text),
    "print and exit": lambda text: (print(text), os._exit(3)),
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
    "abort": lambda _: os.abort(),
    "raise signal": lambda _: signal.raise_signal(signal.SIGSEGV),
    "parent memory": lambda _: read_file(f"/proc/{os.getppid()}/mem"),
    "many files": many_files,
    "many folders": many_folders,
    "big file": big_file,
    "system call": system_call,
    "prctl": patch_filter,
    "uid": lambda _: (os.getuid(), os.geteuid(), os.getgid(), os.getgroups()),
    "hog": hog,
    "one hog": one_hog,
    "map hog": map_hog,
    "loop": loop,
    "stubborn loop": stubborn_loop,
    "sleep": sleep,
    "recurse": recurse,
    "recurse deeper": recurse_deeper,
    "flood": flood,
    "close all": close_all,
    "forge": forge,
    "surroundings": surroundings,
    "descriptors": descriptors,
    "import": import_module,
    "remember": lambda text: (LEFT_BEHIND.append(text), LEFT_BEHIND)[1],
    "colours": colours,
    "null": lambda _: os.write(os.open(os.devnull, os.O_WRONLY), b"x"),
}
