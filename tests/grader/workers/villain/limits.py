"""What limits forbid."""

import os
import signal
import sys
import time


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


ATTACKS = {
    "hog": hog,
    "one hog": one_hog,
    "map hog": map_hog,
    "loop": loop,
    "stubborn loop": stubborn_loop,
    "sleep": sleep,
    "recurse": recurse,
    "recurse deeper": recurse_deeper,
    "flood": flood,
}
