"""The grader with one exercise, packed for another system's autograder.

A bundle for Gradescope or PrairieLearn holds the solution and the hidden cases of its exercise,
since these systems run it on machines that students do not get at. One for Classroom 50 holds
neither: what grades there can be read by whoever finds its address.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.errors import UsageError

MARK = "rnn-grader-bundle.txt"
"""What tells a bundle from other archives, so that only a bundle is ever replaced."""

_TIME = (1980, 1, 1, 0, 0, 0)  # the first that a zip can hold


@dataclass(frozen=True)
class Bundle:
    """The files of a bundle by path; `programs` are those that can be run."""

    files: Mapping[str, bytes]
    programs: frozenset[str] = frozenset()


def write(bundle: Bundle, out: Path) -> int:
    """Put a bundle into the archive `out`; how many files it has. An earlier one is replaced.

    Raises UsageError if `out` is no name of a zip, or something else is there.
    """
    if out.suffix != ".zip":
        raise UsageError(f"{out} does not end in .zip. Name an archive.")
    if out.exists() and not _is_bundle(out):
        raise UsageError(f"{out} is there and is no bundle. Choose another place, or remove it.")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in sorted({**bundle.files, MARK: b"Made by grader bundle.\n"}.items()):
            info = zipfile.ZipInfo(path, _TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            mode = 0o100755 if path in bundle.programs else 0o100644
            info.create_system, info.external_attr = 3, mode << 16
            archive.writestr(info, content)
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(f".{out.name}.part")
    part.write_bytes(buffer.getvalue())
    part.chmod(0o600)  # it may hold solutions
    part.replace(out)
    return len(bundle.files) + 1


def _is_bundle(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as old:
            return MARK in old.namelist()
    except (OSError, zipfile.BadZipFile):
        return False
