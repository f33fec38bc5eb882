"""Finding and reading hand-ins: every layout, every obstacle, and nothing is ever followed."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from grader.collect import collect
from grader.errors import SubmissionError, UsageError
from grader.intake.names import MAX_NAME
from grader.model import Assignment, Submission
from grader.submission import MAX_BYTES, read_bytes

UNIT = Assignment("unit", "A unit", "unit", ())
NET = Assignment("net", "A net", "network", ())
CODE = b"def forward(x):\n    return x\n"

posix = pytest.mark.skipif(os.name != "posix", reason="needs links, fifos and permissions")


def put(path: Path, content: bytes = CODE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def found(path: Path, *assignments: Assignment, student: str | None = None) -> list[Submission]:
    collected = collect([path], assignments or (UNIT,), student)
    assert collected.problems == []
    return collected.submissions()


def looked(path: Path, student: str | None = None) -> tuple[list[Submission], list[str]]:
    """The submissions at `path`, and a line for each thing that is none."""
    collected = collect([path], (UNIT,), student)
    return collected.submissions(), collected.problems


def problem(path: Path) -> tuple[str, dict[str, str]]:
    """Why the one submission at `path` cannot be graded."""
    (submission,) = found(path)
    assert submission.problem is not None
    assert submission.source == b""
    return submission.problem.code, dict(submission.problem.details)


# Layouts


@pytest.mark.parametrize(
    ("file", "named", "student"),
    [
        ("ada/unit/unit.py", "ada/unit/unit.py", "ada"),
        ("ada/unit.py", "ada/unit.py", "ada"),
        ("ada.py", "ada.py", "ada"),
        ("unit/ada.py", "unit/ada.py", "ada"),
        ("ada/unit/unit.py", "ada", "ada"),
        ("ada/unit.py", "ada", "ada"),
        ("class/ada/unit/unit.py", "class", "ada"),
        ("class/ada/unit.py", "class", "ada"),
        ("class/ada.py", "class", "ada"),
    ],
)
def test_who_handed_it_in_is_told_by_the_layout(
    tmp_path: Path, file: str, named: str, student: str
) -> None:
    (submission,) = found((put(tmp_path / file) and tmp_path) / named)
    assert (submission.student, submission.assignment, submission.source) == (student, "unit", CODE)


def test_a_class_may_mix_layouts_and_comes_in_order_of_names(tmp_path: Path) -> None:
    put(tmp_path / "cy" / "unit" / "unit.py")
    put(tmp_path / "bo" / "unit.py")
    put(tmp_path / "ada.py")
    assert [s.student for s in found(tmp_path)] == ["ada", "bo", "cy"]


def test_a_student_s_folder_may_hold_several_assignments(tmp_path: Path) -> None:
    put(tmp_path / "ada" / "unit" / "unit.py")
    put(tmp_path / "ada" / "net" / "network.py")
    both = found(tmp_path, UNIT, NET)
    assert [(s.student, s.assignment, s.file) for s in both] == [
        ("ada", "unit", "unit.py"),
        ("ada", "net", "network.py"),
    ]


def test_an_assignment_that_was_not_handed_in_makes_no_row(tmp_path: Path) -> None:
    put(tmp_path / "ada" / "net" / "network.py")
    assert [s.assignment for s in found(tmp_path, UNIT, NET)] == ["net"]


def test_a_name_that_is_given_goes_before_the_folder_s(tmp_path: Path) -> None:
    put(tmp_path / "download-17" / "unit" / "unit.py")
    assert found(tmp_path / "download-17", student="ada")[0].student == "ada"
    assert found(tmp_path / "download-17/unit/unit.py", student="ada")[0].student == "ada"


def test_a_file_that_any_assignment_could_claim_is_asked_about(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"any of unit, net\. Say which with --assignment SLUG"):
        collect([put(tmp_path / "ada.py")], (UNIT, NET))


def test_a_file_is_claimed_by_its_name_or_by_its_folder(tmp_path: Path) -> None:
    by_name = found(put(tmp_path / "ada" / "network.py"), UNIT, NET)
    by_folder = found(put(tmp_path / "unit" / "bo.py"), UNIT, NET)
    assert [(s.student, s.assignment) for s in by_name + by_folder] == [
        ("ada", "net"),
        ("bo", "unit"),
    ]


def test_a_path_that_does_not_exist_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no file or folder"):
        collect([tmp_path / "nowhere"], (UNIT,))


def test_what_is_no_hand_in_gets_a_line_and_no_row(tmp_path: Path) -> None:
    put(tmp_path / "ada" / "unit.py")
    put(tmp_path / "bo" / "notes.txt")
    put(tmp_path / "grades.csv")
    submissions, strays = looked(tmp_path)
    assert [s.student for s in submissions] == ["ada"]
    assert strays == [
        "bo: nothing to grade; expected unit/unit.py.",
        "grades.csv: not a student's folder; passed over.",
    ]


def test_caches_and_hidden_files_are_not_worth_a_line(tmp_path: Path) -> None:
    put(tmp_path / "ada" / "unit" / "unit.py")
    for name in (".git/config", "__pycache__/unit.pyc", "__MACOSX/ada/unit.py", ".DS_Store"):
        put(tmp_path / name)
        put(tmp_path / "ada" / "unit" / name)
    assert [s.student for s in found(tmp_path)] == ["ada"]


def test_a_named_folder_without_work_gets_a_line(tmp_path: Path) -> None:
    put(tmp_path / "ada" / "notes.txt")
    submissions, strays = looked(tmp_path / "ada", "ada")
    assert (submissions, strays) == ([], ["ada: nothing to grade; expected unit/unit.py."])


@pytest.mark.parametrize("named", ["..", "../unit/unit.py"])
def test_dots_in_a_path_are_nobody_s_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    monkeypatch.chdir(put(tmp_path / "ada" / "unit" / "unit.py").parent)
    assert found(Path(named))[0].student == "ada"


@posix
def test_a_link_that_the_instructor_names_is_the_folder_it_leads_to(tmp_path: Path) -> None:
    put(tmp_path / "spring" / "ada" / "unit" / "unit.py")
    (tmp_path / "current").symlink_to("spring")
    assert [s.student for s in found(tmp_path / "current")] == ["ada"]


# What cannot be read


@pytest.mark.parametrize(
    ("files", "code", "details"),
    [
        (["unit/notes.txt"], "missing", {"want": "unit.py"}),
        (["unit/mine.py"], "other_name", {"want": "unit.py", "found": "mine.py"}),
        (["mine.py"], "other_name", {"want": "unit.py", "found": "mine.py"}),
        (
            ["unit/a.py", "unit/b.py", "unit/c.py", "unit/d.py"],
            "other_name",
            {"want": "unit.py", "found": "a.py, b.py, c.py"},
        ),
    ],
)
def test_a_wrong_name_is_told_with_the_right_one(
    tmp_path: Path, files: list[str], code: str, details: dict[str, str]
) -> None:
    for file in files:
        put(tmp_path / "ada" / file)
    assert problem(tmp_path) == (code, details)


def _link(path: Path) -> None:
    path.symlink_to(put(path.parent.parent / "secret.py"))


def _loop(path: Path) -> None:
    path.symlink_to(path.name)


@posix
@pytest.mark.parametrize(
    "make",
    [
        pytest.param(_link, id="a link"),
        pytest.param(_loop, id="a link to itself"),
        pytest.param(lambda p: p.symlink_to("/nowhere"), id="a link to nowhere"),
        pytest.param(lambda p: p.symlink_to("/dev/zero"), id="a link to a device"),
        pytest.param(lambda p: os.mkfifo(p), id="a fifo"),
        pytest.param(Path.mkdir, id="a folder"),
    ],
)
@pytest.mark.parametrize("file", ["unit/unit.py", "unit.py"])
def test_what_is_no_regular_file_is_neither_followed_nor_waited_for(
    tmp_path: Path, make: Callable[[Path], None], file: str
) -> None:
    path = tmp_path / "ada" / file
    path.parent.mkdir(parents=True)
    make(path)
    assert problem(tmp_path / "ada") == ("not_regular", {"file": "unit.py"})


@posix
def test_a_student_whose_folder_is_a_link_is_passed_over(tmp_path: Path) -> None:
    put(tmp_path / "class" / "ada" / "unit.py")
    put(tmp_path / "elsewhere" / "unit.py")
    (tmp_path / "class" / "bo").symlink_to(tmp_path / "elsewhere")
    submissions, strays = looked(tmp_path / "class")
    assert [s.student for s in submissions] == ["ada"]
    assert strays == ["bo: not a student's folder; passed over."]


@posix
def test_an_assignment_s_folder_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    put(tmp_path / "elsewhere" / "unit.py")
    (tmp_path / "class" / "ada").mkdir(parents=True)
    (tmp_path / "class" / "ada" / "unit").symlink_to(tmp_path / "elsewhere")
    assert looked(tmp_path / "class")[0] == []


@pytest.mark.parametrize(("size", "fits"), [(MAX_BYTES, True), (MAX_BYTES + 1, False)])
def test_a_file_may_have_so_many_bytes_and_no_more(tmp_path: Path, size: int, fits: bool) -> None:
    path = put(tmp_path / "ada" / "unit.py", b"#" * size)
    if fits:
        assert len(found(path)[0].source) == size
    else:
        assert problem(path) == ("too_large", {"file": "unit.py", "limit": str(MAX_BYTES)})


@pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe", "x = 'é'".encode("latin-1")])
def test_bytes_are_kept_as_they_are_and_never_looked_at(tmp_path: Path, content: bytes) -> None:
    assert found(put(tmp_path / "ada" / "unit.py", content))[0].source == content


def test_a_file_that_goes_away_while_it_is_read_is_missing(tmp_path: Path) -> None:
    with pytest.raises(SubmissionError, match="missing"):
        read_bytes(tmp_path, "unit.py")


@posix
def test_a_folder_swapped_for_a_link_is_not_followed_to_another_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between looking at a folder and reading its file, the folder becomes another one."""
    mine, other = put(tmp_path / "ada" / "unit.py"), put(tmp_path / "bo" / "unit.py", b"theirs")
    opened, swapped = os.open, []

    def swapping(path: object, flags: int, *rest: int, **more: int) -> int:
        fd = opened(path, flags, *rest, **more)  # type: ignore[call-overload]
        if not swapped:
            swapped.append(mine.parent.rename(tmp_path / "moved"))
            mine.parent.symlink_to(other.parent)
        return int(fd)

    monkeypatch.setattr(os, "open", swapping)
    monkeypatch.setattr(os, "supports_dir_fd", {swapping})
    assert read_bytes(mine.parent, "unit.py") == CODE


@contextmanager
def open_folder() -> Iterator[Path]:
    """A temporary folder that other users may look into, unlike those of pytest."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


@contextmanager
def without_privileges(*closed: Path) -> Iterator[None]:
    """Nothing may be read of `closed`, not even by root."""
    for path in closed:
        path.chmod(0)
    ours = os.geteuid()
    if ours == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(ours)
        for path in reversed(closed):
            path.chmod(0o755)


@posix
def test_a_file_without_permission_is_told_with_the_system_s_reason() -> None:
    with open_folder() as folder:
        closed = put(folder / "class" / "ada" / "unit" / "unit.py")
        with without_privileges(closed):
            assert problem(folder / "class") == (
                "unreadable",
                {"file": "unit.py", "why": "Permission denied"},
            )


@posix
@pytest.mark.parametrize("closed", ["ada", "ada/unit"])
def test_a_folder_without_permission_costs_nobody_else(closed: str) -> None:
    with open_folder() as folder:
        put(folder / "class" / "ada" / "unit" / "unit.py")
        put(folder / "class" / "bo" / "unit" / "unit.py")
        with without_privileges(folder / "class" / closed):
            submissions, strays = looked(folder / "class")
        assert "bo" in [s.student for s in submissions if s.problem is None]
        assert "ada" in " ".join([*strays, *(s.student for s in submissions if s.problem)])


# Names


@pytest.mark.parametrize(
    "name",
    [
        "Ada Lovelace",
        "łódź 名前",
        "-rf",
        "--force",
        "a'; DROP TABLE judgement; --",
        "{name}",
        "%s%n",
        "con",
        "a\nb",
        "\x1b[31mred",
        "\u202egnp",
        "ada.py.d",
        "x" * 255,
    ],
)
def test_any_name_is_a_student_s_name(tmp_path: Path, name: str) -> None:
    put(tmp_path / "class" / name / "unit" / "unit.py")
    (submission,) = found(tmp_path / "class")
    assert (submission.student, submission.problem) == (name[:MAX_NAME], None)


@pytest.mark.skipif(sys.platform != "linux", reason="names are text elsewhere")
def test_a_name_that_is_no_text_is_a_student_s_name_too(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path / "class") + b"/\xff\xfe"
    os.makedirs(folder)
    Path(os.fsdecode(folder), "unit.py").write_bytes(CODE)
    (submission,) = found(tmp_path / "class")
    assert submission.source == CODE
    assert submission.student.encode().isascii()
