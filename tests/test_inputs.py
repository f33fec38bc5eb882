"""Hidden inputs: another set for every student, the same set on every regrade."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import os
import stat
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import UsageError
from grader.inputs import (
    ENVIRONMENT,
    MIN_SECRET,
    PUBLIC,
    course_secret,
    fingerprint,
    generator,
    inputs,
)
from grader.model import Case

SECRET = b"0123456789abcdef"

CASES = (
    Case("typical", {"rows": 2, "columns": 3}),
    Case("wide", {"rows": 2, "columns": 50}),
    Case("typical-too", {"rows": 2, "columns": 3}),
)


def make(rng: np.random.Generator, rows: int, columns: int) -> dict[str, np.ndarray]:
    return {"x": rng.standard_normal((rows, columns)), "dy": rng.uniform(-1, 1, rows)}


def drawn(
    secret: bytes = SECRET, student: str = "ada", assignment: str = "rnn", *ids: str
) -> dict[str, dict[str, np.ndarray]]:
    return inputs(make, [c for c in CASES if not ids or c.id in ids], secret, student, assignment)


def start(secret: bytes, student: str, assignment: str, case: str) -> bytes:
    """The first 32 bytes of a stream; two streams that share them are the same."""
    return generator(secret, student, assignment, case).bytes(32)


# Drawing


def test_a_regrade_draws_the_same_to_the_last_bit() -> None:
    first, second = drawn(), drawn()
    assert list(first) == list(second) == ["typical", "wide", "typical-too"]
    for case, given_ in first.items():
        for name, array in given_.items():
            assert array.tobytes() == second[case][name].tobytes()


def test_the_sizes_of_a_case_reach_the_probe() -> None:
    assert drawn()["wide"]["x"].shape == (2, 50)


def test_another_student_assignment_case_or_secret_draws_other_numbers() -> None:
    ours = drawn()["typical"]["x"]
    others = [
        drawn(student="bob")["typical"]["x"],
        drawn(student="Ada")["typical"]["x"],
        drawn(student="")["typical"]["x"],
        drawn(assignment="lstm")["typical"]["x"],
        drawn(secret=SECRET + b"!")["typical"]["x"],
        drawn(secret=PUBLIC)["typical"]["x"],
        drawn()["typical-too"]["x"],
    ]
    for a, b in itertools.combinations([ours, *others], 2):
        assert not np.isclose(a, b).any()


def test_a_case_draws_the_same_whatever_other_cases_there_are() -> None:
    """So a case that is added to the course changes no other one's inputs."""
    alone = drawn(SECRET, "ada", "rnn", "typical-too")
    assert np.array_equal(alone["typical-too"]["x"], drawn()["typical-too"]["x"])


def test_the_stream_is_pinned() -> None:
    """Results of earlier years must replay; the construction may change only with the schema."""
    message = b"".join(
        len(part).to_bytes(4, "little") + part for part in (b"ada", b"rnn", b"typical")
    )
    seed = int.from_bytes(hmac.new(SECRET, message, hashlib.sha256).digest(), "little")
    expected = np.random.Generator(np.random.PCG64(seed))
    assert start(SECRET, "ada", "rnn", "typical") == expected.bytes(32)
    assert start(SECRET, "ada", "rnn", "typical").hex() == PINNED


PINNED = "581a7ec10f73bf1fc4e776365e8183f1610905abe332f31ce07dff20dcc5f783"


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
triples = st.tuples(words, words, words)


@given(triples, triples)
def test_two_different_triples_never_share_a_stream(
    a: tuple[str, str, str], b: tuple[str, str, str]
) -> None:
    assert (start(SECRET, *a) == start(SECRET, *b)) == (a == b)


@given(triples, st.integers(0, 36))
def test_moving_the_borders_between_the_names_makes_another_stream(
    triple: tuple[str, str, str], at: int
) -> None:
    """The message that is authenticated says where one name ends and the next begins."""
    whole = "".join(triple)
    moved = (whole[:at], whole[at:], "")
    assert (start(SECRET, *triple) == start(SECRET, *moved)) == (triple == moved)


@given(st.binary(min_size=MIN_SECRET, max_size=80), st.binary(min_size=MIN_SECRET, max_size=80))
def test_two_secrets_share_no_stream(a: bytes, b: bytes) -> None:
    # HMAC pads keys with zero bytes, so those at the end do not count; secrets are text.
    same = a.rstrip(b"\0") == b.rstrip(b"\0")
    if not same:
        assert start(a, "ada", "rnn", "typical") != start(b, "ada", "rnn", "typical")
        assert fingerprint(a) != fingerprint(b)


def test_no_seed_of_numpy_s_own_is_used() -> None:
    np.random.seed(1)
    first = start(SECRET, "ada", "rnn", "typical")
    np.random.seed(2)
    assert start(SECRET, "ada", "rnn", "typical") == first


def test_a_fingerprint_names_the_secret_without_giving_it_away() -> None:
    name = fingerprint(SECRET)
    assert name == fingerprint(SECRET) != fingerprint(SECRET + b"x")
    assert len(name) == 12
    assert set(name) <= set("0123456789abcdef")
    assert SECRET.hex()[:12] != name != hashlib.sha256(SECRET).hexdigest()[:12]


# The secret


@pytest.fixture(autouse=True)
def _no_secret_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENVIRONMENT, raising=False)


def test_a_secret_is_made_once_and_read_from_then_on(tmp_path: Path) -> None:
    made, new = course_secret(tmp_path)
    assert new
    assert len(made) >= 32
    assert course_secret(tmp_path) == (made, False)
    assert (tmp_path / ".grader" / "secret").read_bytes().strip() == made


def test_two_courses_have_two_secrets(tmp_path: Path) -> None:
    assert course_secret(tmp_path / "a")[0] != course_secret(tmp_path / "b")[0]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_the_secret_s_file_is_for_its_owner_only(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        course_secret(tmp_path)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / ".grader" / "secret").stat().st_mode) == 0o600


def test_the_secret_is_outside_of_what_is_committed() -> None:
    ignored = (Path(__file__).parents[1] / ".gitignore").read_text().splitlines()
    assert ".grader/" in ignored


def test_the_environment_comes_first_and_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENVIRONMENT, " a long enough secret of ours\n")
    assert course_secret(tmp_path) == (b"a long enough secret of ours", False)
    assert not (tmp_path / ".grader").exists()


@pytest.mark.parametrize("blank", ["", "  ", "\n"])
def test_an_empty_variable_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, blank: str
) -> None:
    monkeypatch.setenv(ENVIRONMENT, blank)
    assert course_secret(tmp_path)[1]


@pytest.mark.parametrize("length", [1, MIN_SECRET - 1])
def test_a_secret_that_is_too_short_is_refused_where_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    path = tmp_path / ".grader" / "secret"
    path.parent.mkdir()
    path.write_text("s" * length + "\n")
    with pytest.raises(UsageError) as error:
        course_secret(tmp_path)
    assert str(error.value) == (
        f"The course secret in {path} has {length} bytes. Use at least 16 random ones."
    )
    monkeypatch.setenv(ENVIRONMENT, "s" * length)
    with pytest.raises(UsageError, match=rf"in \$GRADER_SECRET has {length} bytes\. Use"):
        course_secret(tmp_path)


def test_an_empty_file_is_a_secret_that_is_too_short(tmp_path: Path) -> None:
    """As a run that was killed at the worst moment may leave it: never silently replaced."""
    path = tmp_path / ".grader" / "secret"
    path.parent.mkdir()
    path.write_bytes(b"")
    with pytest.raises(UsageError, match="has 0 bytes"):
        course_secret(tmp_path)
    assert path.read_bytes() == b""


def test_a_secret_of_exactly_enough_bytes_will_do(tmp_path: Path) -> None:
    path = tmp_path / ".grader" / "secret"
    path.parent.mkdir()
    path.write_bytes(SECRET + b"\r\n")
    assert course_secret(tmp_path) == (SECRET, False)


def test_a_secret_that_another_run_makes_at_the_same_time_is_the_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / ".grader" / "secret"
    make_folder = Path.mkdir

    def and_a_secret(folder: Path, *args: object, **options: object) -> None:
        make_folder(folder, *args, **options)  # type: ignore[arg-type]
        path.write_bytes(SECRET)

    monkeypatch.setattr(Path, "mkdir", and_a_secret)
    assert course_secret(tmp_path) == (SECRET, False)
    assert path.read_bytes() == SECRET


def test_a_folder_that_cannot_be_written_is_told_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(UsageError) as error:
        course_secret(tmp_path)
    assert str(error.value) == (
        f"The course secret cannot be written to {tmp_path / '.grader' / 'secret'} "
        "(Permission denied). Set $GRADER_SECRET to a long random text and keep it."
    )


@pytest.mark.parametrize("obstacle", ["folder", "file"])
def test_a_secret_that_cannot_be_read_is_told(tmp_path: Path, obstacle: str) -> None:
    if obstacle == "folder":
        (tmp_path / ".grader" / "secret").mkdir(parents=True)
    else:
        (tmp_path / ".grader").write_text("")
    with pytest.raises(UsageError, match=r"secret cannot be read \(.*\)\. Mend its permissions"):
        course_secret(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such variables")
def test_a_secret_of_any_bytes_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = bytes(range(128, 160))
    monkeypatch.setenv(ENVIRONMENT, os.fsdecode(raw))
    assert course_secret(tmp_path) == (raw, False)
