"""Frames that no honest end sends: answers and calls of the machine."""

import json
import os
import struct
import sys
import time


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


def message(document, blocks=b"", question=None, size=None, code=0):
    text = document.encode() if isinstance(document, str) else document
    head = current_question() if question is None else question
    announced = len(blocks) if size is None else size
    return struct.pack("<QHI", head, code, announced) + blocks + text


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


def forge_call(name):
    call = {"call": 1}
    forged = {
        "forged argument": {**call, "kind": "call computer.find", "arguments": {"text": 1}},
        "forged method": {**call, "kind": "call computer.poke", "arguments": {"address": 1}},
        "forged form": {**call, "kind": "call computer.peek", "arguments": {"address": 1}},
        "forged dunder": {**call, "kind": "call computer.__init__", "arguments": {}},
        "forged parameter": {**call, "kind": "call vcpu.find", "arguments": {"text": "a"}},
        "extra argument": {
            **call,
            "kind": "call computer.find",
            "arguments": {"text": "a", "size": 8},
        },
        "missing argument": {**call, "kind": "call computer.find", "arguments": {}},
    }
    honest = json.dumps({**call, "kind": "call computer.find", "arguments": {"text": "a"}})
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


def forge_compact_call(name):
    """Call what takes integers only; the codes count `peek`, `run` and `find` from 1."""
    hart = bytearray(8 * 61)  # pc ... mode at place 27, seip, then x0 at 29
    places = {"register zero": 29, "mode two": 27, "seip two": 28}
    if name in places:
        hart[8 * places[name]] = 1 if name == "register zero" else 2
    peek, run = struct.pack("<QQ", 1, 1), struct.pack("<QI", 1, 1) + hart
    forged = {
        "code too large": (4, peek),
        "largest code": (0xFFFF, peek),
        "code of a document": (3, peek),
        "too short": (1, peek[:-1]),
        "too long": (1, peek + b"\0"),
        "nothing": (1, b""),
        "other call": (2, peek),
        **dict.fromkeys(places, (2, run)),
    }
    code, data = forged.get(name, (1, peek))
    if name == "with a document":
        frame(message("{}", blocks=data, code=code))
    elif name == "announced longer":
        frame(message("", blocks=data, code=code, size=99))
    elif name == "announced shorter":
        frame(message("", blocks=data, code=code, size=0))
    elif name == "twice":
        frame(message("", blocks=data, code=code))
        frame(message("", blocks=data, code=code))
    else:
        frame(message("", blocks=data, code=code))
    return time.sleep(60)


def change(place, value):
    return struct.pack("<BBQ", 1, place, value)


def forge_changes(name):
    """Answer a call of `change` with a state; places 0 to 60 are pc ... mode, seip, x0 ... x31."""
    blocks = {
        "no changes": b"",
        "half a change": change(0, 5)[:-1],
        "a change too many": change(0, 5) + b"\0",
        "no place": change(61, 5),
        "last place": change(255, 5),
        "register zero": change(29, 0),
        "mode two": change(27, 2),
        "wide mode": change(27, 1 << 32),
        "seip two": change(28, 2),
        "twice": struct.pack("<BBBQQ", 2, 0, 0, 5, 6),
        "backwards": struct.pack("<BBBQQ", 2, 1, 0, 5, 6),
        "many": bytes([255]) + bytes(range(255)) + bytes(8 * 255),
    }
    if name == "in text":
        frame(message(answer(result=None, inout={"hart": {"pc": 5}}), blocks=b"\0"))
    elif name == "failed with changes":
        told = {"kind": "failed", "reason": "raised", "message": "", "traceback": ""}
        frame(message(json.dumps(told), blocks=change(0, 5)))
    else:
        frame(message("", blocks=blocks[name]))
    return time.sleep(60)


ATTACKS = {
    "forge": forge,
}
