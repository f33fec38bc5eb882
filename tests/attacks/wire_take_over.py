# tries: to read the judge's questions itself and answer them
# must: score <= 34
# why: no more than a constant answer earns

import os
import struct


def frame(kind, text=b"", body=b"", count=0):
    return struct.pack("<4sBBIII", b"BPH1", kind, count, 0, len(text), len(body)) + text + body


def array(name, shape, numbers):
    sides = struct.pack(f"<{len(shape)}Q", *shape)
    described = bytes((len(name), 0, len(shape))) + name + sides
    return described, struct.pack(f"<{len(numbers)}d", *numbers)


def value(**arrays):
    parts = [array(n.encode(), a.shape, a.ravel()) for n, a in arrays.items()]
    body = b"".join(d for d, _ in parts) + b"".join(n for _, n in parts)
    return frame(11, body=body, count=len(parts))


import numpy as np


def exactly(n):
    raw = b""
    while len(raw) < n:
        raw += os.read(20, n - len(raw))
    return raw


answer = value(
    **{n: np.ones((3, 4)) for n in ("h_next", "x", "h_prev", "Wx", "Wh", "b", "dh_next")}
)
asked = 0
while True:
    _, kind, _, _, text, body = struct.unpack("<4sBBIII", exactly(18))
    exactly(text + body)
    asked += kind in (4, 5)
    if kind == 6:
        os.write(20, answer * asked + frame(13))
        asked = 0
