"""What bundles are made of: the package, what it needs, and the exercise with its solution."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml

import grader
from grader.errors import UsageError
from grader.model import Course
from grader.release import PUBLIC_KEYS, PUBLIC_KEYS_OF_ASSIGNMENT
from grader.yamlio import read_yaml

FILES = Path(__file__).parent / "files"
PACKAGE = Path(grader.__file__).parent
LOCK = PACKAGE.parent / "requirements.lock"
DISTRIBUTION = "rnn-grader"
EXTRA = "instructor"
_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)[^;]*(?:;(.*))?")
_EXTRA = re.compile(r"""extra\s*==\s*["']([^"']+)["']""")


def package(prefix: str) -> dict[str, bytes]:
    """The package below `prefix`, but for the skeleton of a new exercise, which has a solution."""
    return {
        f"{prefix}/{path.relative_to(PACKAGE.parent).as_posix()}": path.read_bytes()
        for path in sorted(PACKAGE.rglob("*"))
        if path.is_file() and not {"__pycache__", "skeleton"} & set(path.parts)
    }


def requirements() -> bytes:
    """What pip is to install: the lock of this repository, or else the versions that are here."""
    if LOCK.is_file():
        return LOCK.read_bytes()
    pins = sorted(f"{name}=={metadata.version(name)}" for name in _needed())
    return "".join(f"{pin}\n" for pin in pins).encode()


def _needed() -> set[str]:
    """The distributions that grading needs, all the way down, by what is installed here."""
    try:
        ahead = list(_requires(DISTRIBUTION, EXTRA))
    except metadata.PackageNotFoundError:
        raise UsageError(
            f"{DISTRIBUTION} is not installed, so nobody knows which versions to pin. Install it."
        ) from None
    found: set[str] = set()
    while ahead:
        name = ahead.pop()
        if name not in found:
            try:
                ahead += _requires(name, "")
            except metadata.PackageNotFoundError:
                continue  # for another system or an older Python
            found.add(name)
    return found


def _requires(name: str, extra: str) -> Iterator[str]:
    for line in metadata.requires(name) or ():
        requirement = _REQUIREMENT.match(line)
        assert requirement is not None
        asked = _EXTRA.search(requirement[2] or "")
        if asked is None or asked[1] == extra:
            yield requirement[1].lower()


def course(loaded: Course, slug: str, prefix: str, secret: bytes) -> dict[str, bytes]:
    """The course with `slug` as its only exercise, its solution and hidden cases included.

    `secret` is the course's. In the bundle is another one, derived from it, so that who gets at a
    bundle does not know the inputs of anything else.
    """
    files = {
        "course.yaml": course_file(loaded, slug),
        ".grader/secret": f"{derived(secret, slug)}\n".encode(),
    }
    wanted = (
        *(loaded.root / "assignments" / slug).iterdir(),
        *(loaded.root / "solutions" / slug).iterdir(),
    )
    for path in sorted(wanted):
        if path.is_file() and not path.name.startswith("."):
            files[path.relative_to(loaded.root).as_posix()] = path.read_bytes()
    return {f"{prefix}/{path}": content for path, content in files.items()}


def course_file(loaded: Course, slug: str) -> bytes:
    """course.yaml with what concerns `slug`. Whose due times are extended is left out."""
    data: Any = read_yaml(loaded.root / "course.yaml", root=loaded.root).data
    kept = {key: data[key] for key in PUBLIC_KEYS if key in data}
    kept["assignments"] = [
        {key: a[key] for key in PUBLIC_KEYS_OF_ASSIGNMENT if key in a}
        for a in kept["assignments"]
        if a["slug"] == slug
    ]
    return yaml.safe_dump(kept, sort_keys=False, allow_unicode=True).encode()


def derived(secret: bytes, slug: str) -> str:
    """The secret of a bundle: the same each time, and not to be traced back."""
    return hmac.new(secret, f"bundle {slug}".encode(), hashlib.sha256).hexdigest()


def text(name: str) -> bytes:
    """A file of `files/`."""
    return (FILES / name).read_bytes()
