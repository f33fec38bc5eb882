"""The students' kit: the exercises and the part of the grader that checks them, and nothing else.

A kit is a folder or a zip. `kit.json` in it lists its files, by which a later release knows what
is its own to replace.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

import yaml

import grader
from grader import build
from grader.errors import ConfigError, Problem, UsageError
from grader.exercise import Exercise
from grader.model import Course
from grader.release.leaks import leaked, secrets
from grader.release.modules import needed
from grader.yamlio import read_yaml

MANIFEST = "kit.json"
SCHEMA = 1
PUBLIC_KEYS = ("schema", "id", "title", "timezone", "attempts", "late", "assignments", "limits")
PUBLIC_KEYS_OF_ASSIGNMENT = ("slug", "due", "weight", "late")
"""What of course.yaml concerns students. All else, of whatever kind, stays behind."""

LEFT_OUT = b'"""Commands for instructors, which are not part of this kit."""\n'

_FILES = Path(__file__).parent / "files"
_PACKAGE = Path(grader.__file__).parent
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the first that a zip can hold


@dataclass(frozen=True)
class Kit:
    """The files of a kit by path, without its manifest; `name` is what the folder is called."""

    name: str
    files: Mapping[str, bytes]

    @property
    def manifest(self) -> bytes:
        digests = {path: _digest(content) for path, content in sorted(self.files.items())}
        return f"{json.dumps({'schema': SCHEMA, 'files': digests}, indent=1)}\n".encode()


def make(course: Course, exercises: Mapping[str, Exercise], generated: _Generated) -> Kit:
    """The kit of a course; `generated` are the generated files of each exercise.

    Raises UsageError if those on disk differ, ConfigError if something of a solution or of what is
    hidden would get into the kit.
    """
    drift = [
        f"assignments/{slug}/{d}"
        for slug, made in generated.items()
        for d in build.check(course.root / "assignments" / slug, made)
    ]
    if drift:
        raise UsageError("\n".join([*drift, "Nothing was released."]))
    files = {
        "course.yaml": _course_file(course),
        "README.md": _readme(course, exercises),
        "pyproject.toml": (_FILES / "pyproject.toml.in").read_bytes(),
        "LICENSE": (_FILES / "LICENSE").read_bytes(),
    }
    for slug, made in generated.items():
        folder = course.root / "assignments" / slug
        for name in sorted({*made, *build.AUTHORED}):
            files[f"assignments/{slug}/{name}"] = (folder / name).read_bytes()
    files |= _package()
    problems = []
    for slug, e in exercises.items():
        for said in leaked(files, secrets(e, _whys(course, slug))):
            place = Path("solutions", slug)
            problems.append(Problem(place, 0, 0, f"In the kit, {said} Take it out of there."))
    if problems:
        raise ConfigError(problems)
    return Kit(course.id, files)


_Generated = Mapping[str, Mapping[str, bytes]]


def write(kit: Kit, out: Path) -> int:
    """Put a kit into folder `out`, or into a zip if it is called so; how many files it has.

    An earlier kit is replaced, and in a folder what is not of it is left alone. Raises UsageError
    if `out` is something else, or if files of the kit in it have been changed since.
    """
    if out.suffix == ".zip":
        _write_zip(kit, out)
    else:
        _write_folder(kit, out)
    return len(kit.files) + 1


def _write_zip(kit: Kit, out: Path) -> None:
    if out.exists():
        try:
            with zipfile.ZipFile(out) as old:
                known = any(name.endswith(f"/{MANIFEST}") for name in old.namelist())
        except (OSError, zipfile.BadZipFile):
            known = False
        if not known:
            raise UsageError(f"{out} is there and is no kit. Choose another place, or remove it.")
    buffer = io.BytesIO()
    # Stored, since what a compressor makes differs from one version of it to the next.
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path, content in sorted({**kit.files, MANIFEST: kit.manifest}.items()):
            info = zipfile.ZipInfo(f"{kit.name}/{path}", _ZIP_TIME)
            info.create_system, info.external_attr = 3, 0o100644 << 16
            archive.writestr(info, content)
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(f".{out.name}.part")
    part.write_bytes(buffer.getvalue())
    part.replace(out)


def _write_folder(kit: Kit, out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file. Name a folder, or a file that ends in .zip.")
    old: Mapping[str, str] = {}
    if out.is_dir() and any(out.iterdir()):
        old = _old_files(out)
        if changed := [p for p in old if _differs(out / p, old[p])]:
            raise UsageError(
                f"{out / changed[0]} was changed after the kit was made. "
                "Move your own work elsewhere, or choose another place for the kit."
            )
        if foreign := [p for p in kit.files if p not in old and (out / p).exists()]:
            raise UsageError(
                f"{out / foreign[0]} is in the way and not of the kit. Move it elsewhere."
            )
    for path, content in {**kit.files, MANIFEST: kit.manifest}.items():
        target = out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    for path in old:
        if path not in kit.files:
            (out / path).unlink(missing_ok=True)


def _old_files(out: Path) -> dict[str, str]:
    """The files of the kit in folder `out`, with their digests. Raises UsageError if it is none."""
    try:
        told = json.loads((out / MANIFEST).read_bytes())
        files: dict[str, str] = told["files"]
        inside = all((out / p).resolve().is_relative_to(out.resolve()) for p in files)
        if told["schema"] == SCHEMA and inside:
            return dict(files)
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise UsageError(f"{out} is not empty and is no kit. Choose another place, or empty it.")


def _differs(path: Path, digest: str) -> bool:
    return path.is_file() and _digest(path.read_bytes()) != digest


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _package() -> dict[str, bytes]:
    """The student's part of the grader: modules, and the data beside those that are packages."""
    files = {}
    for module in needed(_PACKAGE):
        paths = [module.path]
        if module.path.name == "__init__.py":
            paths += [p for p in module.path.parent.iterdir() if p.is_file() and p.suffix != ".py"]
        for path in paths:
            files[path.relative_to(_PACKAGE.parent).as_posix()] = path.read_bytes()
    # The command line looks through all its modules for commands: those left out have none.
    for path in sorted((_PACKAGE / "cli").glob("*.py")):
        files.setdefault(path.relative_to(_PACKAGE.parent).as_posix(), LEFT_OUT)
    return files


def _course_file(course: Course) -> bytes:
    data: Any = read_yaml(course.root / "course.yaml", root=course.root).data
    kept = {key: data[key] for key in PUBLIC_KEYS if key in data}
    kept["assignments"] = [
        {key: a[key] for key in PUBLIC_KEYS_OF_ASSIGNMENT if key in a} for a in kept["assignments"]
    ]
    return yaml.safe_dump(kept, sort_keys=False, allow_unicode=True).encode()


def _readme(course: Course, exercises: Mapping[str, Exercise]) -> bytes:
    first = next(iter(exercises.values())).assignment
    listed = "\n".join(
        f"- [{e.assignment.title}](assignments/{slug}/README.md) (`{slug}`)"
        for slug, e in exercises.items()
    )
    template = Template((_FILES / "README.md.in").read_text(encoding="utf-8"))
    words = {"title": course.title, "exercises": listed, "slug": first.slug}
    return template.substitute(words, file=first.file_name).encode()


def _whys(course: Course, slug: str) -> list[str]:
    path = course.root / "solutions" / slug / "hidden.yaml"
    data: Any = read_yaml(path, root=course.root).data
    return [case.get("why", "") for case in data["cases"]]
