"""The wire format: whatever is sent arrives as it was, and whatever is forged is refused."""

from __future__ import annotations

import math
import random
import struct
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grader import wire
from grader.errors import WireError
from grader.wire import (
    HEADER_SIZE,
    MAGIC,
    REPLY,
    REQUEST,
    Caps,
    Frame,
    Kind,
    decode_header,
    decode_rest,
    encode,
    sendable,
    sort_out,
)

FLOAT64, FLOAT32, INT64, BOOL = range(4)
"""The codes of the dtypes, written out here so that a change of the format is noticed."""


def decode(raw: bytes, caps: Caps = REPLY) -> Frame:
    """The frame that `raw` is, with nothing after it."""
    return decode_rest(decode_header(raw[:HEADER_SIZE], caps), raw[HEADER_SIZE:])


def described(
    name: bytes = b"y",
    dtype: int = FLOAT64,
    shape: tuple[int, ...] = (),
    *,
    ndim: int | None = None,
    name_len: int | None = None,
) -> bytes:
    """An array's description; `ndim` and `name_len` are what it claims, if not the truth."""
    return (
        bytes([len(name) if name_len is None else name_len, dtype])
        + bytes([len(shape) if ndim is None else ndim])
        + name
        + struct.pack(f"<{len(shape)}Q", *shape)
    )


def forged(
    body: bytes = b"",
    *,
    count: int = 1,
    text: bytes = b"",
    magic: bytes = MAGIC,
    kind: int = Kind.VALUE,
    body_len: int | None = None,
) -> bytes:
    """A frame put together by hand, true or not."""
    size = len(body) if body_len is None else body_len
    return struct.pack("<4sBBIII", magic, kind, count, 0, len(text), size) + text + body


def refusal(raw: bytes, caps: Caps = REPLY) -> str:
    with pytest.raises(WireError) as error:
        decode(raw, caps)
    return str(error.value)


# What is sent arrives

names = st.text(st.characters(max_codepoint=127), max_size=20)
arrays = hnp.arrays(
    dtype=st.sampled_from([np.float64, np.float32, np.int64, np.bool_]),
    shape=hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
)
frames = st.builds(
    Frame,
    kind=st.sampled_from(Kind),
    serial=st.integers(0, 2**32 - 1),
    text=st.binary(max_size=200),
    arrays=st.dictionaries(names, arrays, max_size=6),
)


@given(frames)
def test_a_frame_arrives_as_it_was_sent(frame: Frame) -> None:
    got = decode(encode(frame))
    assert (got.kind, got.serial, got.text) == (frame.kind, frame.serial, frame.text)
    assert got.arrays is not None
    assert frame.arrays is not None
    assert list(got.arrays) == list(frame.arrays), "the order is kept"
    for name, sent in frame.arrays.items():
        array = got.arrays[name]
        assert type(array) is np.ndarray
        assert (array.dtype, array.shape) == (sent.dtype, sent.shape)
        assert array.tobytes() == sent.tobytes(), "NaN, -0.0 and subnormals too, bit for bit"


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3).T,
        np.arange(12.0)[::-3],
        np.broadcast_to(np.float64(3.0), (2, 2)),
        np.asfortranarray(np.arange(8.0).reshape(2, 2, 2)),
    ],
    ids=["transposed", "strided", "broadcast", "fortran"],
)
def test_an_array_that_is_not_contiguous_arrives_with_its_values(array: np.ndarray) -> None:
    assert np.array_equal(decode(encode(Frame(Kind.VALUE, arrays={"a": array}))).arrays["a"], array)


@pytest.mark.parametrize("shape", [(), (0,), (0, 5), (5, 0, 2), (1, 1, 1, 1)], ids=str)
def test_shapes_without_entries_and_of_one_entry_are_kept(shape: tuple[int, ...]) -> None:
    assert decode(encode(Frame(Kind.VALUE, arrays={"a": np.zeros(shape)}))).arrays[
        "a"
    ].shape == tuple(shape)


def test_a_frame_without_arrays_or_text_is_a_header_alone() -> None:
    raw = encode(Frame(Kind.RUN))
    assert len(raw) == HEADER_SIZE
    assert decode(raw) == Frame(Kind.RUN, arrays={})


def test_the_format_is_the_documented_one() -> None:
    frame = Frame(Kind.VALUE, serial=7, text=b"hi", arrays={"dx": np.array([[1.0, 2.0]])})
    header = b"BPH1" + bytes([11, 1]) + struct.pack("<III", 7, 2, 3 + 2 + 16 + 16)
    body = bytes([2, FLOAT64, 2]) + b"dx" + struct.pack("<QQ", 1, 2) + struct.pack("<dd", 1.0, 2.0)
    assert encode(frame) == header + b"hi" + body


def test_the_caps_on_replies_are_the_documented_ones() -> None:
    assert Caps(arrays=32, text=8 << 10, body=4 << 20) == REPLY
    assert wire.MAX_NDIM == 4


@pytest.mark.parametrize("text", [0, REPLY.text])
@pytest.mark.parametrize("count", [0, REPLY.arrays])
def test_a_frame_at_its_caps_is_accepted(count: int, text: int) -> None:
    full = Frame(Kind.VALUE, text=b"t" * text, arrays={f"a{i}": np.zeros(1) for i in range(count)})
    assert len(decode(encode(full)).arrays or {}) == count


def test_a_body_at_its_cap_is_accepted_and_one_entry_more_is_not() -> None:
    entries = (REPLY.body - len(described(shape=(1,)))) // 8
    largest = encode(Frame(Kind.VALUE, arrays={"y": np.zeros(entries)}))
    assert decode(largest).arrays["y"].shape == (entries,)
    assert "too large" in refusal(encode(Frame(Kind.VALUE, arrays={"y": np.zeros(entries + 1)})))


@pytest.mark.parametrize(
    "value",
    [
        [1.0],
        1.0,
        np.float64(1.0),
        None,
        np.zeros(1, np.float16),
        np.zeros(1, np.complex128),
        np.zeros(1, np.int32),
        np.zeros(1, ">f8"),
        np.array([None]),
        np.array(["a"]),
        np.array([1.0]).view([("x", float)]),
        np.zeros((1,) * 5),
        np.ma.zeros(1),
        np.zeros(1).view(np.recarray),
    ],
    ids=lambda v: f"{type(v).__name__}-{getattr(v, 'dtype', '')}",
)
def test_what_is_no_plain_array_cannot_travel(value: object) -> None:
    assert not sendable(value)
    with pytest.raises(WireError, match=r"y cannot travel\. Send plain arrays of float64, float32"):
        encode(Frame(Kind.VALUE, arrays={"y": value}))  # type: ignore[dict-item]


@pytest.mark.parametrize(
    "arrays",
    [
        {"∂x": np.zeros(1)},
        {"n" * 256: np.zeros(1)},
        {str(i): np.zeros(1) for i in range(256)},
    ],
    ids=["not-ascii", "long", "many"],
)
def test_what_could_not_be_read_is_not_sent(arrays: dict[str, np.ndarray]) -> None:
    with pytest.raises(WireError):
        encode(Frame(Kind.VALUE, arrays=arrays))


def test_what_a_probe_returned_is_sorted_into_arrays_and_words() -> None:
    sent, rest = sort_out(
        {
            "y": np.zeros(2),
            "list": [1.0],
            "none": None,
            "scalar": np.float64(1),
            "half": np.zeros((1, 2), np.float16),
            "deep": np.zeros((1,) * 5),
        }
    )
    assert list(sent) == ["y"]
    assert rest == {
        "list": "of type list",
        "none": "of type NoneType",
        "scalar": "of type float64",
        "half": "an array of dtype float16 with 2 dimensions",
        "deep": "an array of dtype float64 with 5 dimensions",
    }


def test_words_on_what_came_back_are_bounded() -> None:
    long = type("T" * 5000, (), {})
    wide = np.zeros(1, [("f" * 5000, float)])
    assert all(len(word) <= 100 for word in sort_out({"a": long(), "b": wide})[1].values())


@pytest.mark.parametrize("returned", [None, [], (np.zeros(1),), np.zeros(1)], ids=repr)
def test_a_probe_that_returns_no_dict_is_told_so(returned: object) -> None:
    with pytest.raises(TypeError, match="the probe must return a dict, not"):
        sort_out(returned)


# What is forged is refused

ONE = described(shape=(2,)) + bytes(16)
"""The body of a true frame of one array of two entries."""


def test_the_forger_s_tools_can_make_a_true_frame() -> None:
    assert decode(forged(ONE)).arrays["y"].shape == (2,)


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "A header has 18 bytes, not 0"),
        (forged()[:-1], "A header has 18 bytes, not 17"),
        (forged(ONE, magic=b"BPH2"), "magic"),
        (forged(ONE, magic=b"\0\0\0\0"), "magic"),
        (b"PK\x03\x04" + bytes(14), "magic"),
        (b"\x93NUMPY" + bytes(12), "magic"),
        (forged(ONE, kind=0), "no frame kind 0"),
        (forged(ONE, kind=7), "no frame kind 7"),
        (forged(ONE, kind=255), "no frame kind 255"),
        (forged(count=33), "33 arrays, 0 bytes of text and 0 of body is too large"),
        (forged(count=255), "too large"),
        (forged(text=b" " * 8193, count=0), "8193 bytes of text"),
        (forged(body_len=(4 << 20) + 1), "4194305 of body is too large"),
        (forged(body_len=2**32 - 1), "4294967295 of body is too large"),
        (forged(ONE)[:-1], "were promised and"),
        (forged(ONE) + b"\0", "were promised and"),
        (forged(ONE) + forged(ONE), "were promised and"),
        (forged(b"", body_len=8, text=b"12345678"), "were promised and"),
    ],
)
def test_a_header_that_breaks_a_rule_is_refused(raw: bytes, why: str) -> None:
    assert why in refusal(raw)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "ends inside"),
        (described()[:2], "ends inside"),
        (described(name=b"yy")[:4], "description is not valid"),
        (described(shape=(1, 1))[:-1], "description is not valid"),
        (described(name_len=255) + bytes(8), "description is not valid"),
        (described(ndim=4) + bytes(8), "description is not valid"),
        (described(shape=(1,) * 5) + bytes(8), "description is not valid"),
        (described(ndim=255) + bytes(3000), "description is not valid"),
        (described(dtype=4) + bytes(8), "description is not valid"),
        (described(dtype=255) + bytes(8), "description is not valid"),
        (described(name="é".encode()) + bytes(8), "not ASCII"),
        (described(name=b"\xff\xfe") + bytes(8), "not ASCII"),
        (described(), "larger than the whole body"),
        (described() + bytes(7), "do not fill"),
        (described() + bytes(9), "do not fill"),
        (described(shape=(0,)) + bytes(1), "do not fill"),
        (ONE + b"\0", "do not fill"),
        (ONE + ONE, "do not fill"),
        (described(dtype=BOOL, shape=(8,)) + bytes(9), "do not fill"),
        (described(dtype=FLOAT32, shape=(2,)) + bytes(16), "do not fill"),
    ],
)
def test_a_body_that_breaks_a_rule_is_refused(body: bytes, why: str) -> None:
    assert why in refusal(forged(body))


HUGE = [2**63, 2**63 - 1, 2**64 - 1, 2**62, 2**61, 2**32, 2**31]


@pytest.mark.parametrize("huge", HUGE)
@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("other", [0, 1, 2])
def test_no_dimension_may_exceed_the_body(huge: int, place: int, other: int) -> None:
    """A zero beside it makes the array empty, so its size alone gives nothing away."""
    shape = [other] * 4
    shape[place] = huge
    why = refusal(forged(described(shape=tuple(shape)) + bytes(64)))
    assert why == "A dimension is larger than the whole body."


@pytest.mark.parametrize(
    "shape",
    [(2**16, 2**16, 2**16, 2**16), (2**22,) * 4, (2**22, 2**21), (3037000500, 3037000500)],
    ids=str,
)
def test_no_product_of_dimensions_may_exceed_the_body(shape: tuple[int, ...]) -> None:
    """Some of these products are 0, or small, in 64 bits."""
    body = described(shape=shape) + bytes(REPLY.body - len(described(shape=shape)))
    assert "larger than the whole body" in refusal(forged(body))


def test_an_empty_array_may_have_sides_up_to_the_body_s_length() -> None:
    """The rule is on lengths, not on what numpy might do; numpy takes these."""
    body = described(shape=(0, 19))
    assert len(body) == 20
    assert decode(forged(body)).arrays["y"].shape == (0, 19)


def test_two_arrays_of_one_name_are_refused() -> None:
    twice = (described() + described(dtype=INT64)) + bytes(16)
    assert refusal(forged(twice, count=2)) == "Two arrays have the same name."


def test_a_count_that_disagrees_with_the_body_is_refused() -> None:
    assert refusal(forged(ONE, count=2))
    assert refusal(forged(ONE, count=0))


def test_a_description_cannot_reach_into_the_text() -> None:
    assert refusal(forged(b"", count=1, text=ONE))


def test_a_bool_is_true_or_false_whatever_byte_it_came_as() -> None:
    got = decode(forged(described(dtype=BOOL, shape=(4,)) + bytes([0, 1, 2, 255]))).arrays["y"]
    assert got.tobytes() == bytes([0, 1, 1, 1])


def test_what_came_from_the_wire_cannot_be_written_through() -> None:
    got = decode(forged(ONE)).arrays["y"]
    with pytest.raises(ValueError, match="read-only"):
        got[0] = 1.0


def test_requests_have_wider_caps_than_replies() -> None:
    raw = encode(Frame(Kind.SOURCE, text=b"#" * (256 << 10)))
    assert len(decode(raw, REQUEST).text) == 256 << 10
    assert "too large" in refusal(raw)


# Lies about size cost nothing

LIES = {
    "a body of 4 GiB": forged(body_len=2**32 - 1),
    "a text of 4 GiB": struct.pack("<4sBBIII", MAGIC, Kind.VALUE, 0, 0, 2**32 - 1, 0),
    "the largest header allowed, and nothing after it": struct.pack(
        "<4sBBIII", MAGIC, Kind.VALUE, 32, 0, REPLY.text, REPLY.body
    ),
    "an array of 2^63 entries": forged(described(shape=(2**63,))),
    "an empty array with a side of 2^63": forged(described(shape=(0, 2**63))),
    "four sides of 2^16": forged(described(shape=(2**16,) * 4)),
    "32 arrays that all claim the same bytes": forged(
        b"".join(described(b"%d" % i, shape=(500,)) for i in range(32)) + bytes(4000), count=32
    ),
    "a name of 255 bytes": forged(described(name_len=255)),
}


@pytest.mark.parametrize("raw", LIES.values(), ids=LIES)
def test_a_lie_is_refused_before_anything_is_allocated_for_it(raw: bytes) -> None:
    tracemalloc.start()
    try:
        refusal(raw)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 64 << 10


def test_reading_the_largest_frame_takes_a_small_multiple_of_its_size() -> None:
    """bool costs most: the bytes that came and the normalised copy."""
    overhead = len(described(dtype=BOOL, shape=(1,)))
    body = described(dtype=BOOL, shape=(REPLY.body - overhead,)) + bytes(REPLY.body - overhead)
    raw = forged(body, text=b"t" * REPLY.text)
    header, rest = decode_header(raw[:HEADER_SIZE], REPLY), raw[HEADER_SIZE:]
    tracemalloc.start()
    try:
        decode_rest(header, rest)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2 * REPLY.body


# Mutants


@dataclass(frozen=True)
class Mutant:
    """A reply with something done to it; `seed` makes it again."""

    seed: int
    raw: bytes


def replies(rng: random.Random) -> list[bytes]:
    """True replies of each kind, small, so that a mutation is likely to hit what matters."""
    values = np.random.default_rng(rng.randrange(2**32))
    return [
        encode(Frame(Kind.VALUE, 1, arrays={"y": values.standard_normal((2, 3))})),
        encode(
            Frame(
                Kind.VALUE,
                2,
                text=b'{"W": "of type list"}',
                arrays={
                    "x": values.standard_normal((1, 2, 1, 2)).astype(np.float32),
                    "n": values.integers(-9, 9, 3),
                    "on": values.integers(0, 2, (2, 2)).astype(bool),
                    "none": np.zeros((0, 3)),
                    "one": np.array(1.5),
                },
            )
        ),
        encode(Frame(Kind.FAILURE, text=b'{"kind": "exception", "type": "ValueError"}')),
        encode(Frame(Kind.PRINTED, text=b"hello")),
    ]


def mutants(count: int, seed: int) -> Iterator[Mutant]:
    for i in range(count):
        rng = random.Random(seed * 1_000_003 + i)
        raw = bytearray(rng.choice(replies(rng)))
        for _ in range(rng.choice([1, 1, 1, 2, 3, 8])):
            mutate(raw, rng)
        yield Mutant(i, bytes(raw))


def mutate(raw: bytearray, rng: random.Random) -> None:
    """One change in place: a bit, a byte, an integer, or a stretch moved, doubled or lost."""
    at, to = sorted(rng.randrange(len(raw) + 1) for _ in range(2))
    match rng.randrange(8):
        case 0 if raw:
            raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
        case 1 if raw:
            raw[rng.randrange(len(raw))] = rng.choice([0, 1, 4, 5, 127, 128, 255])
        case 2:
            value = rng.choice([0, 1, 2**31 - 1, 2**31, 2**32 - 1, len(raw), rng.randrange(64)])
            raw[at : at + 4] = struct.pack("<I", value)
        case 3:
            value = rng.choice([*HUGE, 0, 1, len(raw), rng.randrange(64)])
            raw[at : at + 8] = struct.pack("<Q", value)
        case 4:
            del raw[at:to]
        case 5:
            raw[at:at] = raw[at:to]
        case 6:
            raw[at:at] = rng.randbytes(rng.randrange(1, 20))
        case 7:
            # A header that tells the truth about the wrong rest: gets past the length check.
            if len(raw) >= HEADER_SIZE:
                text = rng.randrange(len(raw) - HEADER_SIZE + 1)
                struct.pack_into("<II", raw, 10, text, len(raw) - HEADER_SIZE - text)


def survives(mutant: Mutant) -> bool:
    """Whether it is read. Anything but a frame within its caps or a WireError fails the test."""
    try:
        frame = decode(mutant.raw)
    except WireError:
        return False
    assert frame.arrays is not None
    assert len(frame.arrays) <= REPLY.arrays
    assert len(frame.text) <= REPLY.text
    assert sum(a.nbytes for a in frame.arrays.values()) <= len(mutant.raw)
    for a in frame.arrays.values():
        assert sendable(a)
        assert a.size == math.prod(a.shape)
    again = decode(encode(frame))
    assert [a.tobytes() for a in (again.arrays or {}).values()] == [
        a.tobytes() for a in frame.arrays.values()
    ]
    return True


def fuzz(count: int, seed: int) -> None:
    read = sum(survives(m) for m in mutants(count, seed))
    # A fuzzer whose mutants all fail at the magic bytes, or none, would show nothing.
    assert count / 50 < read < count / 2


def test_two_thousand_mutants_are_read_or_refused() -> None:
    fuzz(2_000, seed=1)


@pytest.mark.slow
def test_twenty_thousand_mutants_are_read_or_refused() -> None:
    fuzz(20_000, seed=2)


@given(st.binary(max_size=300))
def test_arbitrary_bytes_after_a_true_header_are_read_or_refused(body: bytes) -> None:
    for count in (0, 1, 2):
        survives(Mutant(0, forged(body, count=count)))


@given(
    st.lists(
        st.tuples(
            st.binary(max_size=3),
            st.integers(0, 5),
            st.lists(st.sampled_from([0, 1, 2, 3, *HUGE]), max_size=5),
        ),
        max_size=4,
    ),
    st.binary(max_size=64),
)
def test_arbitrary_descriptions_are_read_or_refused(
    descriptions: list[tuple[bytes, int, list[int]]], data: bytes
) -> None:
    body = b"".join(described(n, d, tuple(s)) for n, d, s in descriptions) + data
    survives(Mutant(0, forged(body, count=len(descriptions))))
