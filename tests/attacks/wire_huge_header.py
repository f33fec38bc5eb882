# tries: to promise four gigabytes, for which the judge would make room
# must: score == 0; says ended

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


os.write(20, struct.pack("<4sBBIII", b"BPH1", 11, 32, 0, 2**32 - 1, 2**32 - 1))
