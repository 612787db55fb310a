"""What the debugger asks, and what it is answered ("Packets", "General Query Packets")."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto

from vmlab.stops import Watch

from . import registers
from .memory import Unreachable
from .packets import LARGEST, unescape
from .target import ACCESSES, Event, Target, Why

OK = b"OK"
UNKNOWN = b""
"""The answer to a packet that we do not know."""
BAD_PACKET = b"E01"
BAD_ADDRESS = b"E0e"
SIGINT, SIGTRAP = 2, 5
FEATURES = (
    f"PacketSize={LARGEST:x};qXfer:features:read+;vContSupported+;QStartNoAckMode+;"
    "ReverseStep+;ReverseContinue+"
).encode()
HELP = (
    "type TEXT   let the guest receive TEXT and a newline at its console\n"
    "moment      instructions retired and traps taken since the machine was built\n"
)


class Do(Enum):
    """What a packet asks for that is not done by answering."""

    CONTINUE = auto()
    KILL = auto()
    DETACH = auto()


class Refused(Exception):
    """A packet makes no sense; it has done nothing."""


class Commands:
    """Answers the packets of one debugger."""

    def __init__(self, target: Target, say: Callable[[str], None]) -> None:
        """Build it; `say` shows a line to the person at the debugger, while the machine runs."""
        self._target = target
        self._say = say
        self._last = Event(Why.STOP)
        self.acknowledges = True
        """Whether packets are still acknowledged."""

    def answer(self, data: bytes) -> bytes | Do:
        """Return the reply to a packet, or what is to be done now. Never raises for bad packets."""
        letter, rest = data[:1], data[1:]
        try:
            match letter:
                case b"q" | b"Q" | b"v" | b"b":
                    return self._named(data)
                case b"H":
                    return OK
                case b"T":
                    return OK if rest == b"1" else BAD_PACKET
                case b"k":
                    return Do.KILL
                case b"D":
                    return Do.DETACH
                case b"c" | b"C":
                    return self._resume(letter, rest)
                case b"s" | b"S":
                    return self._resume(letter, rest)
            action = self._simple.get(letter)
            return UNKNOWN if action is None else action(self, rest)
        except Unreachable:
            return BAD_ADDRESS
        except (Refused, ValueError, IndexError):
            return BAD_PACKET

    def stopped(self, event: Event) -> bytes:
        """Return the stop reply for an event ("Stop Reply Packets")."""
        self._last = event
        if event.why in (Why.FINISHED, Why.IDLE, Why.TRAP_LOOP):
            code = self._target.machine.finisher.code
            self._say(f"{event.why.value}{'' if code is None else f': {code}'}")
        return self._status(b"")

    def _status(self, rest: bytes) -> bytes:
        event = self._last
        signal = SIGINT if event.why is Why.INTERRUPTED else SIGTRAP
        reply = b"T%02x" % signal
        if event.watch is not None:
            kind = next(k for k, accesses in ACCESSES.items() if accesses == event.watch.accesses)
            name = {2: b"watch", 3: b"rwatch", 4: b"awatch"}[kind]
            reply += b"%s:%x;" % (name, event.watch.address)
        if event.why is Why.BEGINNING:
            reply += b"replaylog:begin;"
        return reply + b"thread:1;"

    # Going on

    def _resume(self, letter: bytes, rest: bytes) -> bytes | Do:
        if letter in b"CS":  # the signal means nothing here
            rest = rest[2:].removeprefix(b";")
        if rest:
            self._target.set_register(registers.PC, _hex(rest))
        code = self._target.machine.finisher.code
        if code is not None and self._last.why is Why.FINISHED:
            return b"W%02x" % (code & 0xFF)  # it was said before, and there is no going on
        if letter in b"cC":
            return Do.CONTINUE
        return self.stopped(self._target.step())

    def _named(self, data: bytes) -> bytes | Do:
        if data.startswith(b"vCont;"):
            action = data[6:].split(b";")[0].split(b":")[0]
            if action[:1] not in (b"c", b"C", b"s", b"S"):
                raise Refused
            return self._resume(action[:1], b"")
        if data.startswith(b"vKill"):
            return Do.KILL
        if data == b"bs":
            return self.stopped(self._target.step_back())
        if data == b"bc":
            return self.stopped(self._target.run_back())
        if data == b"QStartNoAckMode":
            self.acknowledges = False
            return OK
        if data.startswith(b"qXfer:features:read:target.xml:"):
            return _part(registers.description(), data.rsplit(b":", 1)[1])
        if data.startswith(b"qRcmd,"):
            return self._monitor(bytes.fromhex(data[6:].decode("ascii")).decode())
        return FIXED.get(data.split(b":")[0].split(b",")[0], UNKNOWN)

    def _monitor(self, line: str) -> bytes:
        command, _, rest = line.strip().partition(" ")
        if command == "type":
            self._target.recorder.feed(rest.encode() + b"\n")
            return OK
        if command == "moment":
            return f"{self._target.recorder.moment}\n".encode().hex().encode()
        return HELP.encode().hex().encode()

    # Registers and memory

    def _read_core(self, rest: bytes) -> bytes:
        return b"".join(self._value(number) for number in registers.CORE)

    def _write_core(self, rest: bytes) -> bytes:
        values = bytes.fromhex(rest.decode("ascii"))
        if len(values) != 8 * len(registers.CORE):
            raise Refused
        for number in registers.CORE:
            value = values[8 * number : 8 * number + 8]
            self._target.set_register(number, int.from_bytes(value, "little"))
        return OK

    def _read_register(self, rest: bytes) -> bytes:
        return self._value(_register(rest))

    def _write_register(self, rest: bytes) -> bytes:
        name, _, text = rest.partition(b"=")
        value = bytes.fromhex(text.decode("ascii"))
        if len(value) != 8:
            raise Refused
        self._target.set_register(_register(name), int.from_bytes(value, "little"))
        return OK

    def _value(self, number: int) -> bytes:
        return self._target.register(number).to_bytes(8, "little").hex().encode()

    def _read_memory(self, rest: bytes) -> bytes:
        address, length = _pair(rest)
        return self._target.read(address, min(length, LARGEST // 2)).hex().encode()

    def _write_memory(self, rest: bytes) -> bytes:
        head, _, text = rest.partition(b":")
        return self._write(head, bytes.fromhex(text.decode("ascii")))

    def _write_binary(self, rest: bytes) -> bytes:
        head, _, text = rest.partition(b":")
        return self._write(head, unescape(text))

    def _write(self, head: bytes, content: bytes) -> bytes:
        address, length = _pair(head)
        if len(content) != length:
            raise Refused
        if content:
            self._target.write(address, content)
        return OK

    # Places to stop at

    def _insert(self, rest: bytes) -> bytes:
        return self._place(rest, self._target.code.add, self._target.data.add)

    def _remove(self, rest: bytes) -> bytes:
        return self._place(rest, self._target.code.discard, self._target.data.discard)

    def _place(
        self, rest: bytes, code: Callable[[int], None], data: Callable[[Watch], None]
    ) -> bytes:
        kind, _, place = rest.partition(b",")
        address, length = _pair(place)
        if kind in (b"0", b"1"):
            code(address)
        elif kind in (b"2", b"3", b"4"):
            if length < 1:
                raise Refused
            data(Watch(address, length, ACCESSES[int(kind)]))
        else:
            return UNKNOWN
        return OK

    _simple: dict[bytes, Callable[[Commands, bytes], bytes]] = {  # noqa: RUF012
        b"?": _status,
        b"g": _read_core,
        b"G": _write_core,
        b"p": _read_register,
        b"P": _write_register,
        b"m": _read_memory,
        b"M": _write_memory,
        b"X": _write_binary,
        b"Z": _insert,
        b"z": _remove,
    }


FIXED = {
    b"qSupported": FEATURES,
    b"vCont?": b"vCont;c;C;s;S",
    b"qAttached": b"1",
    b"qC": b"QC1",
    b"qfThreadInfo": b"m1",
    b"qsThreadInfo": b"l",
}
"""Queries whose answer never changes."""


def _hex(text: bytes) -> int:
    """Read an unsigned number of at most 64 bits. Raise Refused for anything else."""
    if not text or len(text) > 16 or text.strip(b"0123456789abcdefABCDEF"):
        raise Refused
    return int(text, 16)


def _pair(text: bytes) -> tuple[int, int]:
    first, _, second = text.partition(b",")
    return _hex(first), _hex(second.partition(b";")[0])


def _register(text: bytes) -> int:
    number = _hex(text)
    if not registers.exists(number):
        raise Refused
    return number


def _part(whole: bytes, place: bytes) -> bytes:
    """Return a piece of a text, and whether it is the last one (`qXfer`)."""
    offset, length = _pair(place)
    piece = whole[offset : offset + min(length, LARGEST - 1)]
    return (b"m" if offset + len(piece) < len(whole) else b"l") + piece
