"""Whatever an instructor has gives the same submissions; what cannot be told is said."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import class_layouts
import pytest
from class_layouts import LAYOUTS
from golden.kit import command

from grader import course as courses
from grader import roster as rosters
from grader.collect import Collected, collect
from grader.intake.names import bare
from grader.model import Assignment
from grader.policy import LatePolicy, Policy, Terms
from grader.roster import Person, Roster

ROOT = Path(__file__).resolve().parent.parent
CLASS = ROOT / "examples" / "class"
SOME = frozenset({"amara", "mary.ann", "yusuf", "jean-luc"})

LSTM = Assignment("lstm", "An LSTM", "lstm", (), ("LSTMUnit", "LSTM"))
RNN = Assignment("rnn_unit", "A unit", "rnn_unit", (), ("RNNUnit",))
BOTH = (LSTM, RNN)
LSTM_CODE = b"import numpy\n\nclass LSTMUnit:\n    pass\n\nclass LSTM(object):\n    pass\n"
RNN_CODE = b"class RNNUnit:\n    pass\n"

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


def put(path: Path, content: bytes = LSTM_CODE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def people(*rows: str) -> Roster:
    """`id|name|column=value|...`"""
    found = []
    for row in rows:
        who, name, *more = row.split("|")
        ids = dict(cell.split("=") for cell in more)
        found.append(Person(who, name, ids.pop("email", ""), ids))
    return Roster(tuple(found))


def gather(path: Path, roster: Roster | None = None, *assignments: Assignment) -> Collected:
    return collect([path], assignments or BOTH, roster=roster)


def handed(found: Collected) -> dict[tuple[str, str], list[str]]:
    """The files of each work, with what is wrong with one."""
    told: dict[tuple[str, str], list[str]] = {}
    for s in found.submissions():
        what = f"{s.file}: {s.problem.code}" if s.problem else s.file
        told.setdefault((s.student, s.assignment), []).append(what)
    return told


# The same class, eight times


@needs_git
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_of_a_class_gives_the_same_bytes_at_the_same_times(
    tmp_path: Path, layout: str
) -> None:
    some = class_layouts.load(CLASS, SOME)
    roster = rosters.load(class_layouts.roster(some, tmp_path / "roster.csv"))
    course = courses.load_course(ROOT)
    assignments = [courses.load_assignment(course, slug) for slug in course.slugs]

    def read(top: Path) -> tuple[Collected, dict[tuple[str, str], list[tuple[bytes, object]]]]:
        found = collect(
            [top], assignments, None, course.policy.zone, roster=roster, policy=course.policy
        )
        told: dict[tuple[str, str], list[tuple[bytes, object]]] = {}
        for s in found.submissions():
            told.setdefault((s.student, s.assignment), []).append((s.source, s.attempt.submitted))
        return found, told

    _, want = read(class_layouts.plain(some, tmp_path / "want"))
    found, got = read(LAYOUTS[layout](some, tmp_path / layout))
    if layout == "clones":  # where an earlier attempt is an earlier commit
        want = {who: attempts[-1:] for who, attempts in want.items()}
        got = {who: attempts[-1:] for who, attempts in got.items()}
    assert got == want
    assert (found.problems, found.missing) == ([], ())
    assert len(want) >= 15
    assert all("student" in line or " is graded." in line for line in found.recognised)


@needs_git
@pytest.mark.slow
@pytest.mark.parametrize("layout", LAYOUTS)
def test_one_command_gives_the_same_scores_for_every_layout(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, layout: str
) -> None:
    """All layouts share one store: what one has graded is left alone by the others."""
    whole = class_layouts.load(CLASS)
    top = LAYOUTS[layout](whole, tmp_path / layout)
    roster = class_layouts.roster(whole, tmp_path / "roster.csv")
    store = tmp_path_factory.getbasetemp() / "layouts-results"

    def scores(path: Path) -> dict[tuple[str, str], object]:
        ran = command(
            *("grade", path, "--roster", roster, "--results", store, "--json", "--course", ROOT),
            env={"GRADER_SECRET": "one for all of them"},
            patience=300,
        )
        document = json.loads(ran.out)
        assert document["errors"] == []
        return {(r["student"], r["assignment"]): r for r in document["results"] if r["attempts"]}

    want = scores(CLASS)
    got = scores(top)
    assert set(got) == set(want)
    for who, row in got.items():
        expected = [a["score"] for a in want[who]["attempts"]]  # type: ignore[index]
        if layout == "clones" and len(row["attempts"]) < len(expected):  # type: ignore[index]
            # An earlier attempt that was in time is an earlier commit, and does not count.
            assert row["score"] == expected[-1]  # type: ignore[index]
        else:
            assert row["score"] == want[who]["score"]  # type: ignore[index]
            assert [a["score"] for a in row["attempts"]] == expected  # type: ignore[index]


# Names of files


@pytest.mark.parametrize(
    ("name", "want"),
    [
        ("lstm.py", ("lstm", 0)),
        ("lstm-1.py", ("lstm", 1)),
        ("lstm (2).py", ("lstm", 2)),
        ("lstm(2).py", ("lstm", 2)),
        ("LSTM.PY", ("lstm", 0)),
        ("Copy of lstm.py", ("lstm", 0)),
        ("lstm - Copy (3).py", ("lstm", 3)),
        ("lstm copy 2.py", ("lstm", 2)),
        ("lstm.py.py", ("lstm", 0)),
        ("RNN Unit.ipynb", ("rnn_unit", 0)),
        ("rnn-unit-12.ipynb", ("rnn_unit", 12)),
        ("(1).py", ("(1)", 0)),
        ("hw3_lstm_final.py", ("hw3_lstm_final", 0)),
        ("lstm2.py", ("lstm2", 0)),
    ],
)
def test_what_systems_and_people_add_to_a_name_is_seen_through(
    name: str, want: tuple[str, int]
) -> None:
    assert bare(name) == want


@pytest.mark.parametrize(
    "name", ["lstm-1.py", "lstm (2).py", "LSTM.PY", "Copy of lstm.py", "hw3_lstm_final.py"]
)
@pytest.mark.parametrize("where", ["ada", "ada/lstm", "ada/homework/3"])
def test_a_file_of_another_name_is_graded_and_that_is_said(
    tmp_path: Path, name: str, where: str
) -> None:
    put(tmp_path / where / name)
    found = gather(tmp_path)
    assert handed(found) == {("ada", "lstm"): [name]}
    assert found.problems == []
    assert any(f"{name} is graded." in line for line in found.recognised)


def test_a_notebook_is_told_by_the_names_in_its_cells(tmp_path: Path) -> None:
    cells = [{"source": ["class RNNUnit:\n", "    pass"]}, {"source": "x = 1\nclass Other: pass"}]
    book = json.dumps({"cells": cells, "nbformat": 4}).encode()
    put(tmp_path / "ada" / "Untitled.ipynb", book)
    assert handed(gather(tmp_path)) == {("ada", "rnn_unit"): ["Untitled.ipynb"]}


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"all.py": LSTM_CODE + RNN_CODE}, "all.py"),
        ({"lstm-1.py": RNN_CODE}, "is of lstm by its name and of rnn_unit by what it defines"),
        (
            {"notes.py": b"x = 1"},
            "notes.py has neither the name of an exercise nor what one asks for",
        ),
        ({"a.py": b"    class LSTM: pass\n# class LSTMUnit\n"}, "a.py has neither the name"),
        ({"essay.docx": b"x"}, "nothing to grade; expected lstm/lstm.py or rnn_unit/rnn_unit.py"),
    ],
)
def test_what_fits_nothing_or_two_things_is_told_and_not_guessed(
    tmp_path: Path, files: dict[str, bytes], told: str
) -> None:
    for name, content in files.items():
        put(tmp_path / "ada" / name, content)
    put(tmp_path / "bo" / "lstm.py")
    found = gather(tmp_path)
    assert set(handed(found)) == {("bo", "lstm")}
    assert any(told in line for line in found.problems), found.problems


def test_two_files_that_could_be_meant_are_a_row_with_both_names(tmp_path: Path) -> None:
    put(tmp_path / "ada" / "mine.py")
    put(tmp_path / "ada" / "final.py")
    found = gather(tmp_path)
    (submission,) = found.submissions()
    assert submission.problem is not None
    assert submission.problem.code == "ambiguous"
    assert submission.problem.details["found"] == "final.py, mine.py"


def test_numbered_copies_are_attempts_in_their_order(tmp_path: Path) -> None:
    for name in ("lstm (10).py", "lstm (2).py", "lstm (9).py"):
        put(tmp_path / "ada" / name)
    found = gather(tmp_path)
    assert handed(found) == {("ada", "lstm"): ["lstm (2).py", "lstm (9).py", "lstm (10).py"]}


def test_the_surer_of_two_counts_and_a_line_names_the_other(tmp_path: Path) -> None:
    put(tmp_path / "ada" / "lstm-1.py")
    put(tmp_path / "ada" / "old.py")
    found = gather(tmp_path)
    assert handed(found) == {("ada", "lstm"): ["lstm-1.py"]}
    assert "lstm-1.py is graded, and not old.py" in found.problems[0]


# Canvas


def canvas(tmp_path: Path, **members: bytes) -> Path:
    path = tmp_path / "lstm submissions.zip"
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w") as z:
        for name, content in members.items():
            z.writestr(name, content)
    return path


def test_canvas_names_are_resolved_by_number_and_else_by_the_folded_name(tmp_path: Path) -> None:
    path = canvas(
        tmp_path,
        **{
            "doejane_101_9001_lstm.py": LSTM_CODE,
            "vandyckann_LATE_102_9002_lstm-1.py": LSTM_CODE,
            "müllerjörg_103_9003_hw.zip": LSTM_CODE,
            "leekim_104_9004_LSTM.py": LSTM_CODE,
            "x_2_y_105_9005_lstm.py": LSTM_CODE,
            "stranger_999_9006_lstm.py": LSTM_CODE,
            "text_106_text.html": b"<p>",
        },
    )
    roster = people(
        "jane|Jane Doe|canvas_id=101",
        "ann|Ann van Dyck",
        "joerg|Müller, Jörg",
        "kim1|Kim Lee",
        "kim2|Kim Lee",
        "x|whoever|canvas_id=105",
        "text|Somebody|canvas_id=106",
        "absent|Nobody",
    )
    found = gather(path, roster)
    assert handed(found) == {
        ("jane", "lstm"): ["lstm.py"],
        ("ann", "lstm"): ["lstm-1.py"],
        ("joerg", "lstm"): ["hw.zip: refused"],
        ("leekim 104", "lstm"): ["LSTM.py"],
        ("x", "lstm"): ["lstm.py"],
        ("stranger 999", "lstm"): ["lstm.py"],
        ("text", "lstm"): ["lstm.py: other_name"],
    }
    assert found.missing == ("kim1", "kim2", "absent")
    told = "\n".join(found.problems)
    assert "leekim 104: may be any of kim1, kim2." in told
    assert "stranger 999: nobody on the roster." in told
    assert "1 late by Canvas, which does not say by how much: ann." in told
    assert found.recognised[0] == "lstm submissions: Canvas's download; 7 students, 7 submissions"


def test_canvas_s_times_are_nobody_s_but_the_manifest_s(tmp_path: Path) -> None:
    path = canvas(tmp_path, **{"doejane_LATE_1_2_lstm.py": LSTM_CODE})
    (one,) = gather(path).submissions()
    assert (one.attempt.submitted, one.attempt.time_from) == (None, "")
    put(
        tmp_path / "submissions.csv",
        b"student,assignment,submitted\ndoejane,lstm,2026-10-12 10:00\n",
    )
    found = gather(path)
    (one,) = found.submissions()
    assert (one.attempt.submitted, one.attempt.time_from) == (
        datetime(2026, 10, 12, 10, tzinfo=UTC),
        "manifest",
    )
    assert found.problems == []


def test_anonymous_work_in_canvas_keeps_its_number(tmp_path: Path) -> None:
    path = canvas(
        tmp_path,
        **{"anon_aB3x_9_lstm.py": LSTM_CODE, "LATE_anon_Zz9_10_lstm.py": LSTM_CODE},
    )
    assert {s for s, _ in handed(gather(path))} == {"anon_aB3x", "anon_Zz9"}
    found = gather(path, people("ada|Ada|canvas_anonymous_id=aB3x", "bo|Bo"))
    assert ("ada", "lstm") in handed(found)


def test_namesakes_in_canvas_are_told_apart_over_several_downloads(tmp_path: Path) -> None:
    canvas(tmp_path / "a", **{"leekim_1_5_lstm.py": LSTM_CODE})
    canvas(tmp_path / "b", **{"leekim_2_6_rnn_unit.py": RNN_CODE})
    found = collect([tmp_path / "a", tmp_path / "b"], BOTH)
    assert set(handed(found)) == {("leekim 1", "lstm"), ("leekim 2", "rnn_unit")}
    assert "leekim: 2 students of this name" in found.problems[0]


def test_an_unpacked_download_is_the_download(tmp_path: Path) -> None:
    put(tmp_path / "in" / "doejane_1_2_lstm.py")
    put(tmp_path / "in" / "roejo_2_3_lstm.py")
    assert {s for s, _ in handed(gather(tmp_path / "in"))} == {"doejane", "roejo"}
    assert {s for s, _ in handed(gather(tmp_path))} == {"doejane", "roejo"}


# Moodle


@pytest.mark.parametrize("folder", ["_assignsubmission_file", "_assignsubmission_file_"])
def test_moodle_s_folders_are_whole_names_and_groups(tmp_path: Path, folder: str) -> None:
    put(tmp_path / f"Jane van Doe_31{folder}" / "lstm.py")
    put(tmp_path / f"Doe Jo_32{folder}" / "sub" / "lstm (1).py")
    put(tmp_path / f"Group A_7{folder}" / "lstm.py")
    put(tmp_path / f"Default group{folder}" / "lstm.py")
    put(tmp_path / "Jane van Doe_31_assignsubmission_onlinetext" / "onlinetext.html", b"x")
    roster = people(
        "jane|Jane van Doe", "jo|Jo Doe", "ann|Ann|group=Group A", "bea|Bea|group=group a"
    )
    found = gather(tmp_path, roster)
    assert {s for s, _ in handed(found)} == {"jane", "jo", "ann", "bea", "Default group"}
    assert found.problems == [
        "Default group: nobody on the roster. The work is graded under this name."
    ]


def test_moodle_without_folders_or_names_is_participants(tmp_path: Path) -> None:
    for number in (31, 32):
        put(tmp_path / f"Participant_{number}_assignsubmission_file_my lstm.py")
    put(tmp_path / "Participant_33_assignsubmission_onlinetext_onlinetext.html", b"x")
    found = gather(tmp_path)
    assert {s for s, _ in handed(found)} == {"Participant 31", "Participant 32", "Participant 33"}
    found = gather(tmp_path, people("ada|Ada|moodle_participant=31", "bo|Bo|participant=32"))
    assert {s for s, _ in handed(found)} == {"ada", "bo", "Participant 33"}


# Gradescope


METADATA = """---
submission_1:
  :submitters:
  - :name: Jane Doe
    :sid: '0123'
    :email: &mail jane@example.org
  - :name: Jo Roe
    :sid: ''
    :email: jo@example.org
  :created_at: 2026-10-11 08:58:00.123456789 Z
  :score: !ruby/object:BigDecimal 18:0.1e1
submission_2:
  :submitters:
  - {":name": Zoe, ":sid": '7', ":email": *mail}
  :created_at: soon
submission_3: {}
gone: {}
"""


def test_gradescope_gives_each_of_a_group_the_work_and_says_when(tmp_path: Path) -> None:
    top = tmp_path / "assignment_5_export"
    put(top / "submission_metadata.yml", METADATA.encode())
    for n in (1, 2, 3, 4):
        put(top / f"submission_{n}" / "lstm.py")
    found = gather(top)
    assert {s for s, _ in handed(found)} == {"0123", "jo@example.org", "7", "submission_3"}
    times = {s.student: (s.attempt.submitted, s.attempt.time_from) for s in found.submissions()}
    assert times["0123"] == (datetime(2026, 10, 11, 8, 58, tzinfo=UTC), "gradescope")
    told = "\n".join(found.problems)
    for line in ("no folder gone", "'soon', of submission_2, is no time", "submission_4: not in"):
        assert line in told
    roster = people("jane|Jane Doe|gradescope_sid=0123", "jo|X|email=JO@example.org", "z|Zoe")
    assert {s for s, _ in handed(gather(tmp_path, roster))} >= {"jane", "jo", "z"}


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"a: [", b"\xff\xfe\0", b"- " * 5000, b"[" * 5000, b"&a [*a]", b"? {a: b}\n: c"],
)
def test_metadata_that_is_none_costs_lines_and_no_traceback(tmp_path: Path, content: bytes) -> None:
    put(tmp_path / "submission_metadata.yml", content)
    put(tmp_path / "submission_1" / "lstm.py")
    found = gather(tmp_path)
    assert handed(found) == {}
    assert found.problems
    assert all(line.isprintable() for line in found.problems)


# A mix


def test_a_folder_of_all_sorts_is_each_of_them(tmp_path: Path) -> None:
    canvas(tmp_path, **{"doejane_1_2_lstm.py": LSTM_CODE, "roejo_2_3_lstm.py": LSTM_CODE})
    put(tmp_path / "moodle" / "Ann Poe_5_assignsubmission_file" / "rnn_unit.py", RNN_CODE)
    put(
        tmp_path / "export" / "submission_metadata.yml",
        b"submission_1: {':submitters': [{':sid': z}]}",
    )
    put(tmp_path / "export" / "submission_1" / "lstm.py")
    put(tmp_path / "bea" / "lstm" / "lstm.py")
    found = gather(tmp_path)
    assert {s for s, _ in handed(found)} == {"doejane", "roejo", "Ann Poe", "z", "bea"}
    assert [line.partition(";")[0].partition(": ")[2] for line in found.recognised] == [
        "Gradescope's export",
        "Canvas's download",
        "Moodle's download",
        "folders of students",
    ]


def test_without_a_roster_nothing_is_missing(tmp_path: Path) -> None:
    put(tmp_path / "ada" / "lstm.py")
    assert gather(tmp_path).missing == ()
    assert gather(tmp_path, people("ada|Ada", "bo|Bo")).absent() == [
        "Nothing by 1 on the roster: bo"
    ]


# Clones


class Repository:
    """A repository that is made as a student would, and then as a bad one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str, when: datetime | None = None) -> None:
        class_layouts._git(self.path, *arguments, when=when)

    def commit(self, when: datetime, **files: bytes) -> Repository:
        for name, content in files.items():
            put(self.path / f"{name}.py", content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=x", when=when)
        return self


DUE = datetime(2026, 10, 12, 12, tzinfo=UTC)
DAY = timedelta(days=1)
STRICT = Policy(
    UTC, terms={"lstm": Terms(DUE, late=LatePolicy(0, Fraction(1, 10), Fraction(0), 2))}
)


def versions(path: Path, policy: Policy = STRICT) -> list[tuple[bytes, datetime | None]]:
    found = collect([path], (LSTM,), policy=policy)
    return [(s.source, s.attempt.submitted) for s in found.submissions()]


@needs_git
def test_the_last_commit_in_time_counts_and_one_that_is_late_is_another_attempt(
    tmp_path: Path,
) -> None:
    repository = Repository(tmp_path / "lstm-submissions" / "lstm-ada-b")
    repository.commit(DUE - 2 * DAY, lstm=b"one").commit(DUE - DAY, lstm=b"two")
    repository.commit(DUE, other=b"x")
    assert versions(repository.path) == [(b"two", DUE - DAY)]
    put(repository.path / "lstm.py", b"not committed")
    repository.commit(DUE + DAY, lstm=b"late").commit(DUE + 9 * DAY, lstm=b"refused")
    found = collect([tmp_path], (LSTM,), policy=STRICT)
    assert [(s.student, s.source) for s in found.submissions()] == [
        ("ada-b", b"two"),
        ("ada-b", b"late"),
    ]
    assert [s.attempt.time_from for s in found.submissions()] == ["commit", "commit"]
    assert versions(repository.path, Policy()) == [(b"refused", DUE + 9 * DAY)]


@needs_git
def test_work_that_came_after_everything_is_an_attempt_that_is_refused(tmp_path: Path) -> None:
    Repository(tmp_path / "lstm-ada").commit(DUE + 30 * DAY, lstm=b"x")
    assert versions(tmp_path) == [(b"x", DUE + 30 * DAY)]


@needs_git
@pytest.mark.parametrize(
    ("names", "users"),
    [
        (["rnn-unit-ada-b", "rnn-unit-cy"], ["ada-b", "cy"]),
        (["cs1-hw3-ada-b", "cs1-hw3-bo", "cs1-hw3-b-c"], ["ada-b", "b-c", "bo"]),
    ],
)
def test_whose_a_repository_is_is_told_by_what_the_names_share(
    tmp_path: Path, names: list[str], users: list[str]
) -> None:
    for name in names:
        Repository(tmp_path / name).commit(DUE, rnn_unit=RNN_CODE)
    assert sorted(s for s, _ in handed(gather(tmp_path))) == users
    known = people(*(f"id-{u}|X|github={u}" for u in users))
    assert sorted(s for s, _ in handed(gather(tmp_path, known))) == [f"id-{u}" for u in users]


@needs_git
def test_nothing_that_a_repository_says_is_done(tmp_path: Path) -> None:
    """Hooks, filters, monitors, helpers, other object stores, replaced objects: all are ignored."""
    touched = tmp_path / "touched"
    run = f"touch {touched}"
    repository = Repository(tmp_path / "in" / "lstm-ada")
    repository.commit(DUE, lstm=b"right")
    git = repository.path / ".git"
    config = "\n".join(
        [
            "[core]",
            f"\tfsmonitor = {run}",
            f"\tpager = {run}",
            f"\tsshCommand = {run}",
            f"\thooksPath = {git / 'hooks'}",
            f'[filter "x"]\n\tsmudge = {run}\n\tclean = {run}\n\trequired = true',
            f"[diff]\n\texternal = {run}",
            f"[alias]\n\trev-list = !{run}\n\tls-tree = !{run}",
            f'[remote "origin"]\n\turl = ext::sh -c "{run}"\n\tpromisor = true',
            "[extensions]\n\tpartialClone = origin",
            f"[include]\n\tpath = {tmp_path / 'more'}",
        ]
    )
    put(git / "config", config.encode())
    put(git / "info" / "attributes", b"* filter=x diff=x")
    for hook in ("post-checkout", "reference-transaction", "post-index-change"):
        put(git / "hooks" / hook, f"#!/bin/sh\n{run}\n".encode()).chmod(0o755)
    assert versions(tmp_path / "in") == [(b"right", DUE)]
    assert not touched.exists()


def _alternates(git: Path) -> None:
    put(git / "objects" / "info" / "alternates", b"/somewhere/else\n")


def _linked_head(git: Path) -> None:
    (git / "HEAD").unlink()
    (git / "HEAD").symlink_to("/etc/passwd")


def _outside(git: Path) -> None:
    put(git / "HEAD", b"ref: refs/heads/../../../other\n")


def _unborn(git: Path) -> None:
    put(git / "HEAD", b"ref: refs/heads/nothing\n")


def _no_objects(git: Path) -> None:
    shutil.rmtree(git / "objects")
    (git / "objects").mkdir()


def _damaged(git: Path) -> None:
    for path in (git / "objects").rglob("*"):
        if path.is_file():
            path.chmod(0o644)
            path.write_bytes(b"x")


@needs_git
@pytest.mark.skipif(os.name != "posix", reason="needs links")
@pytest.mark.parametrize(
    "harm", [_alternates, _linked_head, _outside, _unborn, _no_objects, _damaged]
)
def test_a_clone_that_cannot_be_read_on_its_own_is_told_and_costs_nobody_else(
    tmp_path: Path, harm: object
) -> None:
    bad = Repository(tmp_path / "lstm-ada").commit(DUE, lstm=b"x")
    Repository(tmp_path / "lstm-bo").commit(DUE, lstm=b"good")
    assert callable(harm)
    harm(bad.path / ".git")
    found = collect([tmp_path], (LSTM,), policy=STRICT)
    assert [(s.student, s.source) for s in found.submissions()] == [("bo", b"good")]
    (line,) = found.problems
    assert line.startswith("lstm-ada: the clone cannot be read: ")


@needs_git
def test_links_and_large_files_in_a_commit_are_told(tmp_path: Path) -> None:
    ada = Repository(tmp_path / "lstm-ada")
    (ada.path / "lstm.py").symlink_to("/etc/passwd")
    ada.commit(DUE)
    Repository(tmp_path / "lstm-bo").commit(DUE, lstm=b"x" * (30 << 20))
    found = collect([tmp_path], (LSTM,), policy=STRICT)
    told = {s.student: s.problem.code for s in found.submissions() if s.problem}
    assert told == {"ada": "not_regular", "bo": "too_large"}


@needs_git
def test_no_trace_is_left_in_the_clones_or_beside_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "work").mkdir()
    Repository(tmp_path / "in" / "lstm-ada").commit(DUE, lstm=b"x")
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "in").rglob("*")}
    found = collect([tmp_path / "in"], (LSTM,), work=tmp_path / "work")
    assert found.submissions()[0].source == b"x"
    del found
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "in").rglob("*")} == before
    assert list((tmp_path / "work").iterdir()) == []
