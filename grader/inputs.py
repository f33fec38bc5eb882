"""Hidden inputs: different for each student, the same on every regrade.

The seed of a case is HMAC-SHA256(course secret, student, assignment, case), so inputs can be
replayed for an appeal, and none can be guessed without the secret. Public cases use PUBLIC.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.errors import UsageError
from grader.model import Case

if TYPE_CHECKING:
    import numpy as np

    from grader.model import Arrays

PUBLIC = b"public cases hold no secret"
ENVIRONMENT = "GRADER_SECRET"
MIN_SECRET = 16


def course_secret(root: Path) -> tuple[bytes, bool]:
    """The secret, and whether it was made just now.

    Out of $GRADER_SECRET, or else the file .grader/secret below the course, which is created
    readable by its owner only. Raises UsageError for one shorter than MIN_SECRET bytes.
    """
    given = os.fsencode(os.environ.get(ENVIRONMENT, "")).strip()
    if given:
        return _long_enough(given, f"${ENVIRONMENT}"), False
    path = root / ".grader" / "secret"
    try:
        return _long_enough(path.read_bytes().strip(), str(path)), False
    except FileNotFoundError:
        pass
    except OSError as e:
        raise UsageError(
            f"The course secret {path} cannot be read ({e.strerror}). "
            f"Mend its permissions, or set ${ENVIRONMENT}."
        ) from None
    made = secrets.token_hex(32).encode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Whole or not at all, and the first one wins: two runs may start together.
        with tempfile.NamedTemporaryFile(dir=path.parent) as f:  # readable by its owner only
            f.write(made + b"\n")
            f.flush()
            os.link(f.name, path)
    except FileExistsError:
        return course_secret(root)
    except OSError as e:
        raise UsageError(
            f"The course secret cannot be written to {path} ({e.strerror}). "
            f"Set ${ENVIRONMENT} to a long random text and keep it."
        ) from None
    return made, True


def fingerprint(secret: bytes) -> str:
    """A name for the secret that does not give it away; results are keyed by it."""
    return hmac.digest(secret, b"fingerprint", "sha256").hex()[:12]


def generator(secret: bytes, student: str, assignment: str, case: str) -> np.random.Generator:
    """The random generator of one case for one student."""
    import numpy as np

    # Lengths first, so that no two different triples give the same message.
    parts = [p.encode() for p in (student, assignment, case)]
    message = b"".join(len(p).to_bytes(4, "little") + p for p in parts)
    seed = int.from_bytes(hmac.new(secret, message, hashlib.sha256).digest(), "little")
    return np.random.Generator(np.random.PCG64(seed))


def inputs(
    make: Callable[..., Any], cases: Iterable[Case], secret: bytes, student: str, assignment: str
) -> dict[str, Arrays]:
    """The probe's `inputs` for each case, by case id; `make` is that function."""
    drawn: dict[str, Mapping[str, Any]] = {}
    for case in cases:
        drawn[case.id] = make(generator(secret, student, assignment, case.id), **case.sizes)
    return drawn


def _long_enough(secret: bytes, where: str) -> bytes:
    if len(secret) < MIN_SECRET:
        raise UsageError(
            f"The course secret in {where} has {len(secret)} bytes. "
            f"Use at least {MIN_SECRET} random ones."
        )
    return secret
