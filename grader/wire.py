"""The wire format between judge and child: a struct header and the arrays' raw bytes.

    frame  = magic(4) kind(1) count(1) serial(4) text_len(4) body_len(4)  |  text  |  body
    body   = count x ( name_len(1) dtype(1) ndim(1) name dims(8 each) )  |  raw array bytes

Integers are little-endian; arrays are C-contiguous, in the order of their descriptors, and their
bytes fill the rest of the body to the last byte. Nothing in a frame is ever unpickled, and every
number in it is checked against the bytes that are there before anything is allocated for it.

Replies come from a student's process. `REPLY` bounds what is read from it; requests are the
judge's own, and `REQUEST` only keeps mistakes small.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.errors import WireError

if TYPE_CHECKING:
    from grader.model import Array

MAGIC = b"BPH1"
_HEADER = struct.Struct("<4sBBIII")
_ARRAY = struct.Struct("<BBB")
HEADER_SIZE = _HEADER.size
MAX_NDIM = 4
MAX_COUNT = MAX_NAME = 255

_DTYPES = (np.dtype("<f8"), np.dtype("<f4"), np.dtype("<i8"), np.dtype("?"))
_CODES = {dtype: code for code, dtype in enumerate(_DTYPES)}


Bytes = bytes | bytearray | memoryview


class Kind(IntEnum):
    """What a frame is for. The first group goes to the child, the second comes from it."""

    PROBE = 1  # text: the probe, compiled and marshalled
    SOURCE = 2  # text: the student's source
    CASE = 3  # arrays: the inputs of one case; its serial names the case from now on
    CALL = 4  # text: a probe function; serial: the case
    POINTS = 5  # text: a probe function, NUL, an input; arrays: "points" [n, *shape]; serial
    RUN = 6  # do what was asked since the last RUN, one reply a request, in order

    CONFINED = 10  # the first: all layers of the sandbox are in place
    VALUE = 11  # arrays: what the call returned
    FAILURE = 12  # text: JSON, why it returned nothing
    PRINTED = 13  # text: what the student's code printed; the last reply of a RUN


@dataclass(frozen=True)
class Caps:
    """The most that one frame may hold; lengths in bytes."""

    arrays: int
    text: int
    body: int


REPLY = Caps(arrays=32, text=8 << 10, body=4 << 20)
REQUEST = Caps(arrays=64, text=8 << 20, body=64 << 20)


@dataclass(frozen=True)
class Frame:
    """One message. `text` is bytes: whoever shows it decodes and sanitises it."""

    kind: Kind
    serial: int = 0
    text: bytes = b""
    arrays: Mapping[str, Array] | None = None


@dataclass(frozen=True)
class Header:
    """A header that is within its caps: reading `rest` more bytes completes the frame."""

    kind: Kind
    count: int
    serial: int
    text: int
    body: int

    @property
    def rest(self) -> int:
        return self.text + self.body


def sendable(array: object) -> bool:
    """Whether `array` can travel: a plain ndarray of a known dtype and at most 4 dimensions."""
    return type(array) is np.ndarray and array.dtype in _CODES and array.ndim <= MAX_NDIM


def sort_out(returned: object) -> tuple[dict[str, Array], dict[str, str]]:
    """What a probe function returned: the arrays that can travel, and a word on each other thing.

    Raises TypeError if it is no dict, which is the probe's fault and not the student's.
    """
    if not isinstance(returned, dict):
        raise TypeError(f"the probe must return a dict, not {type(returned).__name__}")
    arrays: dict[str, Array] = {}
    rest: dict[str, str] = {}
    for name, value in returned.items():
        if sendable(value):
            arrays[name] = value
        elif type(value) is np.ndarray:
            rest[name] = f"an array of dtype {value.dtype} with {value.ndim} dimensions"[:100]
        else:
            rest[name] = f"of type {type(value).__name__}"[:100]
    return arrays, rest


def encode(frame: Frame) -> bytes:
    """`frame` as bytes. Raises WireError for an array that is not `sendable`."""
    arrays = frame.arrays or {}
    if len(arrays) > MAX_COUNT or not all(n.isascii() and len(n) <= MAX_NAME for n in arrays):
        raise WireError(f"At most {MAX_COUNT} arrays travel, with ASCII names of {MAX_NAME} bytes.")
    descriptors, bodies = [], []
    for name, array in arrays.items():
        if not sendable(array):
            raise WireError(f"{name} cannot travel. Send plain arrays of {_names()}.")
        label = name.encode()
        descriptors.append(_ARRAY.pack(len(label), _CODES[array.dtype], array.ndim))
        descriptors.append(label)
        descriptors.append(struct.pack(f"<{array.ndim}Q", *array.shape))
        bodies.append(np.ascontiguousarray(array))
    size = sum(map(len, descriptors)) + sum(array.nbytes for array in bodies)
    head = _HEADER.pack(MAGIC, frame.kind, len(arrays), frame.serial, len(frame.text), size)
    # One copy: large arrays cost more to move in memory than to compute with.
    return b"".join((head, frame.text, *descriptors, *(array.data for array in bodies)))


def decode_header(raw: Bytes, caps: Caps) -> Header:
    """The header in `raw`. Raises WireError if it is none, or promises more than `caps` allow."""
    if len(raw) != HEADER_SIZE:
        raise WireError(f"A header has {HEADER_SIZE} bytes, not {len(raw)}.")
    magic, kind, count, serial, text, body = _HEADER.unpack(raw)
    if magic != MAGIC:
        raise WireError("The frame does not begin with the magic bytes.")
    if kind not in Kind._value2member_map_:
        raise WireError(f"There is no frame kind {kind}.")
    if count > caps.arrays or text > caps.text or body > caps.body:
        raise WireError(
            f"A frame of {count} arrays, {text} bytes of text and {body} of body is too large."
        )
    return Header(Kind(kind), count, serial, text, body)


def decode_rest(header: Header, rest: Bytes) -> Frame:
    """The frame of `header` and the bytes after it. Raises WireError if they do not agree."""
    if len(rest) != header.rest:
        raise WireError(f"{header.rest} bytes were promised and {len(rest)} came.")
    view = memoryview(rest)
    arrays = _arrays(view[header.text :], header.count)
    return Frame(header.kind, header.serial, bytes(view[: header.text]), arrays)


def _arrays(body: memoryview, count: int) -> dict[str, Array]:
    described: list[tuple[str, np.dtype[Any], tuple[int, ...], int]] = []
    at = 0
    for _ in range(count):
        if at + _ARRAY.size > len(body):
            raise WireError("The body ends inside an array's description.")
        name_len, code, ndim = _ARRAY.unpack_from(body, at)
        at += _ARRAY.size
        if code >= len(_DTYPES) or ndim > MAX_NDIM or at + name_len + 8 * ndim > len(body):
            raise WireError("An array's description is not valid.")
        try:
            name = str(body[at : at + name_len], "ascii")
        except UnicodeDecodeError:
            raise WireError("An array's name is not ASCII.") from None
        at += name_len
        shape = struct.unpack_from(f"<{ndim}Q", body, at)
        at += 8 * ndim
        # Bounding each dimension first keeps the product small: numpy itself raises on
        # a shape such as (0, 2**63).
        if any(side > len(body) for side in shape):
            raise WireError("A dimension is larger than the whole body.")
        size = math.prod(shape) * _DTYPES[code].itemsize
        if size > len(body):
            raise WireError("An array is larger than the whole body.")
        described.append((name, _DTYPES[code], shape, size))
    if len({name for name, *_ in described}) != count:
        raise WireError("Two arrays have the same name.")
    if at + sum(size for *_, size in described) != len(body):
        raise WireError("The arrays do not fill the body.")
    arrays: dict[str, Array] = {}
    for name, dtype, shape, size in described:
        raw = body[at : at + size]
        if dtype == np.bool_:
            # A byte above 1 in a bool array is undefined behaviour in C; normalise it.
            array = np.frombuffer(raw, dtype=np.uint8) != 0
        else:
            array = np.frombuffer(raw, dtype=dtype)
        arrays[name] = array.reshape(shape)
        at += size
    return arrays


def _names() -> str:
    return ", ".join(d.name for d in _DTYPES)
