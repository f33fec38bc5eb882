"""Hints that only the mistake itself can open.

A student's kit holds no list of known mistakes: reading it would give the exercise away. Instead
each mistake's hint is sealed under a key made of the wrong numbers that the mistake produces on
the public cases. Whoever makes the mistake has the key; whoever does not cannot read the hint.

The key of a quantity is a digest of what it was in each case: for arrays, a few random projections
of all its entries, rounded to 1e-3 of its norm, so that float32 and another summation order give
the same key. This keeps spoilers out of sight; it protects no secret.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from grader.diagnose import Candidate, Key, choose, mark, wrong_quantities
from grader.findings import Evidence, Finding
from grader.model import Mistake
from grader.verdict import Diagnosis, Recognised

GRID = 1e3
NEAR = 0.05
PROJECTIONS = 3
_TAG = 8
_KEY = 16


@dataclass(frozen=True)
class Sealed:
    """`letters` are the hints, each under a key of its own; `boxes` hold those keys, each sealed
    under the signature of one wrong quantity. Both base64."""

    letters: tuple[str, ...] = ()
    boxes: tuple[str, ...] = ()


def seal(evidence_of: Iterable[tuple[Mistake, Evidence]]) -> Sealed:
    """A letter for each mistake; a box for each quantity it gets wrong in at least two cases."""
    letters, boxes = [], []
    for mistake, evidence in evidence_of:
        wrong = wrong_quantities(evidence)
        predicts = sorted(f"{call}.{name}" for call, name in wrong)
        told = {"name": mistake.name, "when": mistake.when, "hint": mistake.hint}
        text = json.dumps(told | {"predicts": predicts}, ensure_ascii=False).encode()
        key = hashlib.blake2b(text, digest_size=_KEY).digest()
        letters.append(_sealed(key, text))
        for quantity, found in wrong.items():
            if sum(not f.right for f in found) >= min(2, len(found)):
                signature = next(_signatures(found, near=0.0))
                boxes.append(_sealed(f"{quantity}|{signature}".encode(), key))
    # Sorted, so that their order does not tell which boxes belong to one mistake.
    return Sealed(tuple(sorted(letters)), tuple(sorted(boxes)))


def recognise(sealed: Sealed, evidence: Evidence) -> dict[Key, Diagnosis]:
    """The diagnoses that the student's own wrong answers open."""
    letters, boxes = _by_tag(sealed.letters), _by_tag(sealed.boxes)
    wrong = wrong_quantities(evidence)
    explained: dict[bytes, set[Key]] = {}
    for quantity, found in wrong.items():
        for signature in _signatures(found, NEAR):
            for key in _opened(boxes, f"{quantity}|{signature}".encode()):
                explained.setdefault(key, set()).add(quantity)
    candidates = []
    for key, quantities in explained.items():
        for letter in _opened(letters, key):
            told = json.loads(letter)
            candidates.append(
                Candidate(
                    Recognised(told["name"], told["when"], told["hint"]),
                    explains=frozenset(quantities),
                    predicts=frozenset(_keys(told["predicts"])),
                )
            )
    return choose(candidates, wrong)


def _keys(predicts: Iterable[str]) -> Iterator[Key]:
    for quantity in predicts:
        call, _, name = quantity.partition(".")
        yield call, name


def _signatures(found: Sequence[Finding], near: float) -> Iterator[str]:
    """What a quantity was in all cases, as text; several if it lies `near` a border of the grid."""
    kinds = ";".join(_kind(f) for f in found)
    values = [np.ravel(f.got) for f in found if f.well_shaped and f.got is not None]
    if len(values) < len(found):
        yield kinds
        return
    x = np.concatenate(values).astype(np.float64)
    largest = float(np.abs(x).max(initial=0.0)) or 1.0
    x /= largest  # whose square may be more than a float can hold
    norm = float(np.linalg.norm(x)) or 1.0
    rng = np.random.Generator(np.random.PCG64(x.size))
    coordinates = [GRID * (math.log(norm) + math.log(largest))]
    for _ in range(PROJECTIONS):
        coordinates.append(GRID * float(rng.standard_normal(x.size) @ x) / norm)
    options = [sorted({math.floor(c - near), math.floor(c + near)}) for c in coordinates]
    for cell in itertools.product(*options):
        yield f"{kinds}|{cell}"


def _kind(f: Finding) -> str:
    if f.failure is not None:
        return mark(f.failure)
    if f.got is None:
        return f.returned
    return str(f.got.shape) if f.well_shaped else f"{f.what}{f.got.shape}"


def _sealed(key: bytes, content: bytes) -> str:
    """A tag to find it by, and the content under a stream of the key's."""
    return base64.b64encode(_tag(key) + _under(key, content)).decode()


def _by_tag(sealed: Iterable[str]) -> dict[bytes, list[bytes]]:
    found: dict[bytes, list[bytes]] = {}
    for raw in map(base64.b64decode, sealed):
        found.setdefault(raw[:_TAG], []).append(raw[_TAG:])
    return found


def _opened(by_tag: Mapping[bytes, list[bytes]], key: bytes) -> Iterator[bytes]:
    for content in by_tag.get(_tag(key), ()):
        yield _under(key, content)


def _tag(key: bytes) -> bytes:
    return hashlib.blake2b(key, digest_size=_TAG, person=b"tag").digest()


def _under(key: bytes, content: bytes) -> bytes:
    stream = hashlib.shake_256(b"stream" + key).digest(len(content))
    return bytes(a ^ b for a, b in zip(content, stream, strict=True))
