# tries: to shift all answers by one, so that one is judged as another
# must: score <= 34
# why: right answers to other questions are no answers

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

sent = []

from solution import RNNUnit


class RNNUnit(RNNUnit):
    def forward(self, x, h_prev):
        h_next = super().forward(x, h_prev)
        if not sent:
            sent.append(os.write(20, value(h_next=h_next)))
        return h_next
