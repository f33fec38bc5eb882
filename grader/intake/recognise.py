"""Which layout it is that somebody named: a file, a folder, an archive, or a folder of these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from grader.errors import SubmissionError, UsageError
from grader.intake import archive, canvas, clones, gradescope, moodle, plain
from grader.intake.archive import Packed
from grader.intake.claims import Claim
from grader.intake.handed import Ground, Search
from grader.intake.names import text
from grader.intake.pieces import MAX_DEPTH, SUFFIXES
from grader.intake.place import MANIFEST, Found, Place
from grader.intake.tree import Disk, Entry, Folder
from grader.messages import say

PLAIN = "folders of students"
STUDENT = "one student's work"
NBGRADER = "nbgrader's submitted work"
_NBGRADER = {"nbgrader_config.py", "gradebook.db", "source", "release", "autograded"}
_MOST_REFUSED = 5


def find(path: Path, search: Search, student: str | None) -> Found:
    """The submissions at `path`; of `student`, if that is given.

    Raises UsageError if there is nothing, an archive that cannot be read, or a file that no
    assignment can claim.
    """
    if not path.exists():
        raise UsageError(f"There is no file or folder {path}. Check the path.")
    student = student and text(student)
    # Without `..`, but by the name that was typed: a link's own name may be the student's.
    name = path.name if path.name not in ("", "..") else path.resolve().name
    found = Found()
    if not path.is_dir():
        if path.is_symlink():
            raise UsageError(f"{path} is a link. Name the file that it leads to.")
        whole = path.parent.resolve() / path.name
        if not path.name.lower().endswith(archive.SUFFIXES):
            found.places.append(_known(plain.single(whole, search.assignments, student), search))
            return found
        try:
            folder: Folder = archive.open_file(whole)
        except SubmissionError as e:
            told = say("submission.refused", **e.details).partition(". ")[0]
            raise UsageError(f"{told}. Unpack it yourself, or download it again.") from None
        above: tuple[Folder, ...] = (Disk(whole.parent),)
        name = archive.stem(path.name)
    else:
        folder, above = Disk(path.resolve()), ()
    try:
        if student is not None:
            _one(found, folder, student, search)
        else:
            _look(found, Ground(folder, above), (text(name),), search, depth=0)
    except OSError as e:
        raise UsageError(f"{path} cannot be read ({e.strerror}). Check its permissions.") from None
    return found


def _known(place: Place, search: Search) -> Place:
    return replace(place, student=search.people.students(Claim(place.student))[0])


def _one(found: Found, folder: Folder, student: str, search: Search) -> None:
    """All that is in `folder` is of one student."""
    if clones.is_clone(folder):
        ground = Ground(Disk(folder.path.parent))
        found.add(clones.find(ground, [folder.path.name], search, student))
    else:
        (who, *_) = search.people.students(Claim(student))
        plain.add_student(found, folder, who, Ground(_parent(folder)), search)


def _parent(folder: Folder) -> Folder:
    return Disk(folder.path.parent) if isinstance(folder, Disk) else folder


def _look(found: Found, ground: Ground, names: tuple[str, ...], search: Search, depth: int) -> None:
    """What is in the folder `ground.top`. `names` are its archive's, and those of folders with
    nothing beside them that it is in, to its own."""
    folder, name = ground.top, names[0]
    entries = folder.entries()
    if isinstance(folder, Packed) and not folder.parts:
        refused = folder.archive.index.refused
        found.strays += [f"{name}: a member is left out: {why}." for why in refused[:_MOST_REFUSED]]
        if len(refused) > _MOST_REFUSED:
            found.strays.append(f"{name}: {len(refused) - _MOST_REFUSED} more are left out.")
    if _system(found, ground, entries, name, search):
        return
    if clones.is_clone(folder):
        outer = Ground(Disk(folder.path.parent), ground.above)
        _say(found, name, clones.LABEL, clones.find(outer, [folder.path.name], search, None))
    elif plain.holds_work(folder, entries, search.assignments):
        one = Found()
        _one(one, folder, _whose(names[::-1], search), search)
        _say(found, name, PLAIN if len(names) > 1 else STUDENT, one)
    elif inner := _only_folder(folder, entries):
        around = Ground(inner, (folder, *ground.above))
        _look(found, around, (*names, inner.path.name), search, depth)
    else:
        _of_class(found, ground, entries, name, search, depth)


def _system(
    found: Found, ground: Ground, entries: Sequence[Entry], name: str, search: Search
) -> bool:
    """Whether a folder is some system's, and then what is in it."""
    names = {e.name for e in entries}
    if gradescope.METADATA in names:
        _say(found, name, gradescope.LABEL, gradescope.find(ground, search))
    elif moodle.recognises(entries):
        _say(found, name, moodle.LABEL, moodle.find(ground, entries, search))
    elif canvas.recognises(entries):
        _say(found, name, canvas.LABEL, canvas.find(ground, entries, search))
    elif "submitted" in names and names & _NBGRADER:
        inner = Ground(ground.top.folder("submitted"), (ground.top, *ground.above))
        _of_class(found, inner, inner.top.entries(), name, search, 0, NBGRADER)
    else:
        return False
    return True


def _of_class(
    found: Found,
    ground: Ground,
    entries: Sequence[Entry],
    name: str,
    search: Search,
    depth: int,
    label: str = PLAIN,
) -> None:
    """A folder of students' folders and files, of clones, or of downloads."""
    own, folder = Found(), ground.top
    cloned = [e.name for e in entries if e.is_folder and clones.is_clone(folder.folder(e.name))]
    if cloned:
        _say(found, name, clones.LABEL, clones.find(ground, cloned, search, None))
    for entry in entries:
        if entry.name in cloned:
            continue
        try:
            if entry.is_folder:
                _folder(found, own, ground, entry, search, depth)
            elif entry.kind == "file" and entry.ends(*archive.SUFFIXES):
                _archive(found, own, ground, entry, search, depth)
            elif entry.name.endswith(SUFFIXES) and entry.kind == "file" and _one_only(search):
                for who in search.people.students(Claim(entry.name.rpartition(".")[0])):
                    if (place := plain.loose(entries, entry, ground, search, who)) is not None:
                        own.places.append(replace(place, above=ground.above))
            elif entry.name != MANIFEST:
                own.strays.append(f"{text(entry.name)}: not a student's folder; passed over.")
        except OSError as e:
            why = e.strerror or "error"
            own.strays.append(f"{text(entry.name)}: cannot be read ({why}); passed over.")
    if own.places or not (cloned or found.places):
        label = NBGRADER if folder.path.name == "submitted" else label
        _say(found, name, label, own)
    else:
        found.add(own)


def _folder(
    found: Found, own: Found, ground: Ground, entry: Entry, search: Search, depth: int
) -> None:
    """A student's folder, or a system's download that was unpacked."""
    folder = ground.top.folder(entry.name)
    entries = folder.entries()
    inner = Ground(folder, (ground.top, *ground.above))
    if _system(found, inner, entries, text(entry.name), search):
        return
    if _is_class(folder, entries, search):
        _of_class(found, inner, entries, text(entry.name), search, depth + 1)
        return
    for who in search.people.students(Claim(entry.name)):
        plain.add_student(own, folder, who, ground, search)


def _is_class(folder: Folder, entries: Sequence[Entry], search: Search) -> bool:
    """Whether a folder in a class's folder is a class's again, for which there must be a reason: it
    has clones in it, what the roster knows as students, or folders with folders of exercises."""
    if plain.holds_work(folder, entries, search.assignments):
        return False
    slugs = {a.slug for a in search.assignments}
    for entry in entries:
        inner = folder.folder(entry.name)
        if entry.is_folder and clones.is_clone(inner):
            return True
        if entry.is_folder or entry.ends(*archive.SUFFIXES):
            stem = entry.name if entry.is_folder else archive.stem(entry.name)
            if search.people.knows(stem) and not search.people.knows(folder.path.name):
                return True
        if entry.is_folder and any(e.is_folder and e.name in slugs for e in inner.entries()):
            return True
    return False


def _archive(
    found: Found, own: Found, ground: Ground, entry: Entry, search: Search, depth: int
) -> None:
    """An archive beside others: a student's, or a system's download."""
    name, folder = archive.stem(entry.name), ground.top
    path = folder.path / entry.name
    try:
        if isinstance(folder, Disk):
            packed = archive.open_file(path)
        elif depth < MAX_DEPTH:
            packed = archive.open_inside(path, lambda most: folder.read(entry.name, most))
        else:
            own.strays.append(f"{text(entry.name)}: more than {MAX_DEPTH} archives deep.")
            return
    except SubmissionError as e:
        why = e.details.get("why", e.code.replace("_", " "))
        own.strays.append(f"{text(entry.name)} cannot be read: {why}; passed over.")
        return
    inner = Ground(packed, (folder, *ground.above))
    at, names = _innermost(packed, search)
    if _is_students(at, search):
        for line in packed.archive.index.refused[:_MOST_REFUSED]:
            own.strays.append(f"{text(entry.name)}: a member is left out: {line}.")
        for who in search.people.students(Claim(_whose((name, *names), search))):
            plain.add_student(own, at, who, ground, search)
    else:
        _look(found, inner, (text(entry.name),), search, depth + 1)


def _whose(names: Sequence[str], search: Search) -> str:
    """The student whose work is in folders of these names: who is on the roster, or the first."""
    return next((n for n in names if search.people.knows(n)), names[0])


def _is_students(folder: Folder, search: Search) -> bool:
    """Whether an archive is one student's: there is work in it, or nothing but files."""
    entries = folder.entries()
    if gradescope.METADATA in {e.name for e in entries}:
        return False
    if moodle.recognises(entries) or canvas.recognises(entries):
        return False
    return plain.holds_work(folder, entries, search.assignments) or not any(
        e.is_folder or e.ends(*archive.SUFFIXES) for e in entries
    )


def _innermost(folder: Folder, search: Search) -> tuple[Folder, list[str]]:
    """The folder in an archive beside which there is nothing else, and the names on the way."""
    names: list[str] = []
    while True:
        entries = folder.entries()
        inner = _only_folder(folder, entries)
        if inner is None or plain.holds_work(folder, entries, search.assignments):
            return folder, names
        folder = inner
        names.append(inner.path.name)


def _only_folder(folder: Folder, entries: Sequence[Entry]) -> Folder | None:
    """The one folder in which everything is, if that is no student's own."""
    if len(entries) != 1 or not entries[0].is_folder or isinstance(folder, Disk):
        return None
    return folder.folder(entries[0].name)


def _one_only(search: Search) -> bool:
    return len(search.assignments) == 1


def _say(found: Found, name: str, label: str, here: Found) -> None:
    """Take what was found, and say what it was found in."""
    students = len({p.student for p in here.places})
    things = len(here.places)
    found.add(here)
    found.recognised.append(
        f"{name}: {label}; {students} {'student' if students == 1 else 'students'}, "
        f"{things} {'submission' if things == 1 else 'submissions'}"
    )
