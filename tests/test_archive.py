"""Archives as students and bad people make them: each obstacle is told, and costs nobody else."""

from __future__ import annotations

import gzip
import io
import os
import struct
import subprocess
import sys
import tarfile
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.collect import Collected, collect
from grader.errors import SubmissionError, UsageError
from grader.intake import archive, index
from grader.model import Assignment
from grader.submission import MAX_BYTES

UNIT = Assignment("unit", "A unit", "unit", (), ("forward",))
NET = Assignment("net", "A net", "network", (), ("Net",))
CODE = b"def forward(x):\n    return x\n"
GOOD = ("bo/unit/unit.py", CODE)


def zipped(
    *members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED
) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for name, content in members:
            z.writestr(name, content, method)
    return out.getvalue()


def tarred(*members: tuple[str | tarfile.TarInfo, bytes], mode: str = "w:gz") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as t:  # type: ignore[call-overload]
        for name, content in members:
            info = tarfile.TarInfo(name) if isinstance(name, str) else name
            info.size = len(content)
            t.addfile(info, io.BytesIO(content))
    return out.getvalue()


def special(name: str, mode: int, content: bytes = b"/etc/passwd") -> tuple[zipfile.ZipInfo, bytes]:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (mode | 0o644) << 16
    return info, content


def of_kind(name: str, kind: bytes) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, "/etc/passwd"
    return info, b""


def patched(raw: bytes, member: int, **fields: int) -> bytes:
    """`raw` with other values for fields of a member in the list of members."""
    places = {"flags": ("<H", 8), "method": ("<H", 10), "crc": ("<I", 16), "size": ("<I", 24)}
    places["offset"] = ("<I", 42)
    out, at = bytearray(raw), -1
    for _ in range(member + 1):
        at = raw.index(b"PK\x01\x02", at + 1)
    for name, value in fields.items():
        kind, where = places[name]
        struct.pack_into(kind, out, at + where, value)
    return bytes(out)


def put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def collected(path: Path, *assignments: Assignment) -> Collected:
    return collect([path], assignments or (UNIT, NET))


def sources(found: Collected) -> dict[str, bytes]:
    return {s.student: s.source for s in found.submissions() if s.problem is None}


def problems(found: Collected) -> dict[str, str]:
    return {
        s.student: s.problem.details.get("why", s.problem.code)
        for s in found.submissions()
        if s.problem is not None
    }


# What is read


PACKED: dict[str, Callable[..., bytes]] = {
    "class.zip": zipped,
    "class.tar": lambda *m: tarred(*m, mode="w:"),
    "class.tar.gz": tarred,
    "class.tgz": tarred,
    "class.tar.bz2": lambda *m: tarred(*m, mode="w:bz2"),
}


@pytest.mark.parametrize("name", PACKED)
@pytest.mark.parametrize("around", ["", "class/", "./", "deep/er/"])
def test_a_class_in_an_archive_is_the_class(tmp_path: Path, name: str, around: str) -> None:
    members = [(f"{around}{who}/unit/unit.py", who.encode()) for who in ("ada", "bo", "mary.ann")]
    found = collected(put(tmp_path / name, PACKED[name](*members)))
    assert found.problems == []
    assert sources(found) == {"ada": b"ada", "bo": b"bo", "mary.ann": b"mary.ann"}
    assert found.recognised == ["class: folders of students; 3 students, 3 submissions"]


@pytest.mark.parametrize("name", PACKED)
def test_a_student_s_own_archive_is_the_student_s(tmp_path: Path, name: str) -> None:
    pack, suffix = PACKED[name], name.removeprefix("class")
    put(tmp_path / f"mary.ann{suffix}", pack(("unit.py", CODE), ("network.py", b"net")))
    put(tmp_path / "bo" / f"homework{suffix}", pack(("hw/unit.py", CODE)))
    put(tmp_path / "cy" / "unit" / f"unit{suffix}", pack(("a/b/unit-1.py", CODE)))
    found = collected(tmp_path)
    assert found.problems == []
    assert [(w.student, w.assignment) for w in found.works] == [
        ("bo", "unit"),
        ("cy", "unit"),
        ("mary.ann", "unit"),
        ("mary.ann", "net"),
    ]
    assert sources(found)["cy"] == CODE


def test_a_class_zip_may_hold_the_students_zips(tmp_path: Path) -> None:
    inner = zipped(("unit/unit.py", CODE))
    path = put(tmp_path / "class.zip", zipped(("ada.zip", inner), ("bo.zip", inner)))
    assert sources(collected(path)) == {"ada": CODE, "bo": CODE}


def test_a_name_in_utf_8_that_does_not_say_so_is_read_as_such(tmp_path: Path) -> None:
    raw = zipped(("zoë/unit/unit.py", CODE))
    for at in (6, raw.index(b"PK\x01\x02") + 8):
        raw = raw[:at] + b"\0\0" + raw[at + 2 :]
    assert set(sources(collected(put(tmp_path / "class.zip", raw)))) == {"zoë"}


def test_backslashes_are_steps_as_some_windows_programs_write_them(tmp_path: Path) -> None:
    raw = zipped((r"ada\unit\unit.py", CODE))
    assert set(sources(collected(put(tmp_path / "class.zip", raw)))) == {"ada"}


def test_nothing_is_written_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(work))
    put(tmp_path / "in" / "class.tar.gz", tarred(GOOD, ("../../out", b""), ("/tmp/out", b"")))
    put(tmp_path / "in" / "class.zip", zipped(GOOD, ("../../out", b""), ("/tmp/out", b"")))
    before = {*tmp_path.rglob("*")}
    for name in ("class.tar.gz", "class.zip"):
        assert sources(collected(tmp_path / "in" / name)) == {"bo": CODE}
    assert {*tmp_path.rglob("*")} == before


# What has no place


@pytest.mark.parametrize("pack", [zipped, tarred])
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../ada/unit/unit.py", "leads out of the archive"),
        ("ada/../../unit.py", "leads out of the archive"),
        ("ada/unit/..", "leads out of the archive"),
        (r"ada\..\..\unit.py", "leads out of the archive"),
        ("/ada/unit/unit.py", "is an absolute name"),
        (r"\ada\unit\unit.py", "is an absolute name"),
        ("C:/ada/unit/unit.py", "is an absolute name"),
        (r"c:\ada\unit.py", "is an absolute name"),
        ("C:unit.py", "is an absolute name"),
        ("ada/unit/\u202eyp.tinu", "has characters that control how it is shown"),
        ("ada/\x1b[2J/unit.py", "has characters that control how it is shown"),
        ("ada/a\nb/unit.py", "has characters that control how it is shown"),
        ("ada/\u2066unit/unit.py", "has characters that control how it is shown"),
        ("a/" * 40 + "unit.py", "is too long"),
        ("ada/" + "x" * 300 + "/unit.py", "is too long"),
    ],
)
def test_a_member_with_no_place_of_its_own_is_left_out_and_said(
    tmp_path: Path, pack: Callable[..., bytes], name: str, why: str
) -> None:
    found = collected(put(tmp_path / "class.zip", pack((name, CODE), GOOD)))
    assert sources(found) == {"bo": CODE}
    (line,) = found.problems
    assert line.startswith("class: a member is left out: ")
    assert line.endswith(f" {why}.")
    assert line.isprintable()


def test_of_many_bad_members_a_few_are_named(tmp_path: Path) -> None:
    bad = [(f"../{n}", b"") for n in range(50)]
    found = collected(put(tmp_path / "class.zip", zipped(*bad, GOOD)))
    assert len(found.problems) == 6
    assert found.problems[-1] == "class: 45 more are left out."


def test_a_nul_in_a_name_is_seen(tmp_path: Path) -> None:
    raw = zipped(("ada/unit/unit.py_", CODE), GOOD).replace(b"unit.py_", b"unit.py\0")
    found = collected(put(tmp_path / "class.zip", raw))
    assert sources(found) == {"bo": CODE}
    assert "has characters that control" in found.problems[0]


# What is refused


BROKEN_MEMBERS: dict[str, tuple[bytes, str]] = {
    "a link": (zipped(special("ada/unit/unit.py", 0o120000), GOOD), "not_regular"),
    "a fifo": (zipped(special("ada/unit/unit.py", 0o010000), GOOD), "not_regular"),
    "a device": (zipped(special("ada/unit/unit.py", 0o020000), GOOD), "not_regular"),
    "a socket": (zipped(special("ada/unit/unit.py", 0o140000), GOOD), "not_regular"),
    "a link in a tar": (tarred(of_kind("ada/unit/unit.py", tarfile.SYMTYPE), GOOD), "not_regular"),
    "a hard link": (tarred(of_kind("ada/unit/unit.py", tarfile.LNKTYPE), GOOD), "not_regular"),
    "a fifo in a tar": (tarred(of_kind("ada/unit/unit.py", tarfile.FIFOTYPE), GOOD), "not_regular"),
    "a device in a tar": (
        tarred(of_kind("ada/unit/unit.py", tarfile.CHRTYPE), GOOD),
        "not_regular",
    ),
    "encrypted": (
        patched(zipped(("ada/unit/unit.py", CODE), GOOD), 0, flags=1),
        "it is encrypted",
    ),
    "bzip2": (
        zipped(("ada/unit/unit.py", CODE), method=zipfile.ZIP_BZIP2),
        "it is packed by a method (number 12) that is not read",
    ),
    "unknown method": (
        patched(zipped(("ada/unit/unit.py", CODE), GOOD), 0, method=99),
        "it is packed by a method (number 99) that is not read",
    ),
    "wrong check sum": (
        patched(zipped(("ada/unit/unit.py", CODE), GOOD), 0, crc=1),
        "it is damaged or cut off",
    ),
    "a size that is not its own": (
        patched(zipped(("ada/unit/unit.py", CODE), GOOD), 0, size=5),
        "it is damaged or cut off",
    ),
    "stored short": (
        patched(zipped(("ada/unit/unit.py", CODE), GOOD, method=0), 0, size=9),
        "it is damaged or cut off",
    ),
    "nowhere": (
        patched(zipped(("ada/unit/unit.py", CODE), GOOD), 0, offset=1 << 30),
        "it is damaged or cut off",
    ),
    "30 MB": (zipped(("ada/unit/unit.py", b"x" * (30 << 20)), GOOD, method=0), "too_large"),
    "a bomb": (
        zipped(("ada/unit/unit.py", b"\0" * (30 << 20)), GOOD),
        "it would unpack to hundreds of times its size",
    ),
    "a size of nearly nothing for a bomb": (
        patched(zipped(("ada/unit/unit.py", b"\0" * (30 << 20)), GOOD), 0, size=100),
        "it is damaged or cut off",
    ),
    "30 MB in a tar": (
        tarred(("ada/unit/unit.py", b"x" * (30 << 20)), GOOD, mode="w:"),
        "too_large",
    ),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(("raw", "why"), BROKEN_MEMBERS.values(), ids=BROKEN_MEMBERS)
def test_a_member_that_cannot_be_read_costs_its_own_submission(
    tmp_path: Path, raw: bytes, why: str
) -> None:
    found = collected(put(tmp_path / "class.zip", raw))
    assert problems(found) == {"ada": why}
    assert set(sources(found)) <= {"bo"}
    assert found.problems == []


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_a_member_that_is_there_twice_is_neither(
    tmp_path: Path, pack: Callable[..., bytes]
) -> None:
    raw = pack(("ada/unit/unit.py", b"one"), ("ada/unit/unit.py", b"two"), GOOD)
    found = collected(put(tmp_path / "class.zip", raw))
    assert problems(found) == {"ada": "it is in the archive twice"}


def test_of_names_that_differ_in_case_the_expected_one_counts_and_a_line_says_so(
    tmp_path: Path,
) -> None:
    raw = zipped(("ada/UNIT.PY", b"other"), ("ada/unit.py", CODE), GOOD)
    found = collected(put(tmp_path / "class.zip", raw))
    assert sources(found) == {"ada": CODE, "bo": CODE}
    raw = zipped(("ada/UNIT.PY", b"other"), ("ada/Unit.py", CODE), GOOD)
    found = collected(put(tmp_path / "two.zip", raw))
    assert problems(found) == {"ada": "ambiguous"}


@pytest.mark.parametrize("first", [True, False])
def test_a_file_that_is_a_folder_as_well_is_told(tmp_path: Path, first: bool) -> None:
    members = [("ada/unit", CODE), ("ada/unit/unit.py", CODE)]
    raw = zipped(*(members if first else members[::-1]), GOOD)
    found = collected(put(tmp_path / "class.zip", raw))
    assert "bo" in sources(found)
    assert "is both a file and a folder" in found.problems[0]


def test_members_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    raw = zipped(("ada/unit/unit.py", CODE), ("cy/unit/unit.py", CODE), GOOD)
    found = collected(put(tmp_path / "class.zip", patched(raw, 1, offset=0)))
    assert problems(found) == dict.fromkeys(
        ("ada", "cy"), "it shares its bytes with another member"
    )
    assert sources(found) == {"bo": CODE}


def test_zips_of_zips_of_zips_and_kernels_of_zeros_cost_little(tmp_path: Path) -> None:
    nest = zipped(("unit.py", b"\0" * (5 << 20)))
    for _ in range(6):
        nest = zipped(*((f"{n}.zip", nest) for n in range(3)))
    put(tmp_path / "in" / "bo" / "nest.zip", nest)
    put(tmp_path / "in" / "cy" / "unit" / "a.zip", zipped(("unit.py", b"\0" * (20 << 20))))
    put(tmp_path / "in" / "zoe" / "unit" / "unit.py", CODE)
    tracemalloc.start()
    found = collected(tmp_path / "in")
    assert sources(found) == {"zoe": CODE}
    assert problems(found) == {"cy": "it would unpack to hundreds of times its size"}
    assert tracemalloc.get_traced_memory()[1] < 2 << 20
    tracemalloc.stop()
    assert any("more than 3 deep" in line for line in found.problems)


def quine() -> bytes:
    """A zip that has itself in it, as far as its name tells: any depth of it is the same."""
    raw = zipped(("again.zip", b""))
    for _ in range(6):
        raw = zipped(("again.zip", raw))
    return raw


def test_an_archive_in_an_archive_is_opened_only_so_deep(tmp_path: Path) -> None:
    put(tmp_path / "in" / "ada" / "again.zip", quine())
    put(tmp_path / "in" / "bo" / "unit.py", CODE)
    found = collected(tmp_path / "in")
    assert sources(found) == {"bo": CODE}
    assert "more than 3 deep" in found.problems[0]


def test_a_list_of_members_that_is_too_long_is_not_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = zipped(*((f"f{n}", b"") for n in range(51)))
    monkeypatch.setattr(index, "MAX_MEMBERS_INSIDE", 50)
    put(tmp_path / "in" / "ada" / "unit" / "many.zip", many)
    assert "more than 50 members" in problems(collected(tmp_path / "in"))["ada"]
    monkeypatch.setattr("grader.intake.zips.MAX_DIRECTORY_INSIDE", 1000)
    assert "too many members" in problems(collected(tmp_path / "in"))["ada"]


def test_a_tar_that_unpacks_to_far_more_is_not_unpacked(tmp_path: Path) -> None:
    put(tmp_path / "in" / "ada" / "unit" / "a.tgz", tarred(("unit.py", b"\0" * (80 << 20))))
    put(tmp_path / "in" / "bo" / "unit" / "unit.py", CODE)
    found = collected(tmp_path / "in")
    assert problems(found) == {"ada": "it unpacks to far more than its size"}


# What is no archive


NOT_READ: dict[str, tuple[str, bytes, str]] = {
    "cut off": ("a.zip", zipped(GOOD)[:-30], "it is damaged or cut off"),
    "half": ("a.zip", zipped(GOOD, ("x", os.urandom(9999)))[:5000], "it is damaged or cut off"),
    "empty": ("a.zip", b"", "it is empty, and no zip or tar"),
    "text": ("a.zip", b"print(1)\n" * 99, "it is no archive that is known here, and no zip or tar"),
    "rar": ("a.rar", b"Rar!\x1a\x07\x01\x00" + b"x" * 99, "it is a RAR archive, and no zip or tar"),
    "7z": ("a.7z", b"7z\xbc\xaf\x27\x1c" + b"x" * 99, "it is a 7-Zip archive, and no zip or tar"),
    "xz": ("a.tar.xz", b"\xfd7zXZ\0" + b"x" * 99, "it is an xz archive, and no zip or tar"),
    "a renamed PDF": ("a.zip", b"%PDF-1.7" + b"x" * 99, "it is a PDF, and no zip or tar"),
    "gzip of no tar": ("a.gz", gzip.compress(b"x" * 9999), "it is packed, but holds no tar"),
    "cut gzip": ("a.tgz", tarred(GOOD)[:-20], "it is damaged or cut off"),
    "bad deflate": ("a.tgz", tarred(GOOD)[:20] + b"\xff" * 99, "it is damaged or cut off"),
    "two lists": ("a.zip", b"PK\x05\x06" + b"\xff" * 18, "it has too many members"),
}


@pytest.mark.parametrize(("name", "raw", "why"), NOT_READ.values(), ids=NOT_READ)
def test_what_is_no_archive_that_can_be_read_is_told_wherever_it_is(
    tmp_path: Path, name: str, raw: bytes, why: str
) -> None:
    put(tmp_path / "in" / "ada" / "unit" / name, raw)
    put(tmp_path / "in" / "bo" / "unit" / "unit.py", CODE)
    found = collected(tmp_path / "in")
    assert problems(found) == {"ada": why}
    assert sources(found) == {"bo": CODE}
    with pytest.raises(UsageError, match="cannot be read: it "):
        collected(put(tmp_path / name, raw))


ODD = {
    "utf-16": "x = 1".encode("utf-16"),
    "a mark": b"\xef\xbb\xbfx = 1",
    "NULs": b"\0" * 99,
    "nothing": b"",
    "no text": bytes(range(256)),
}


@pytest.mark.parametrize("content", ODD.values(), ids=ODD)
def test_bytes_come_out_as_they_went_in(tmp_path: Path, content: bytes) -> None:
    found = collected(put(tmp_path / "class.zip", zipped(("ada/unit/unit.py", content), GOOD)))
    assert sources(found) == {"ada": content, "bo": CODE}


@pytest.mark.parametrize(("size", "fits"), [(MAX_BYTES, True), (MAX_BYTES + 1, False)])
def test_a_member_may_be_as_large_as_a_file(tmp_path: Path, size: int, fits: bool) -> None:
    raw = zipped(("ada/unit/unit.py", os.urandom(size)), GOOD)
    assert ("ada" in sources(collected(put(tmp_path / "class.zip", raw)))) is fits


@settings(max_examples=50)
@given(st.binary(max_size=400), st.integers(0, 10**6), st.sampled_from([zipped, tarred]))
def test_no_damage_raises_anything_else(damage: bytes, at: int, pack: Callable[..., bytes]) -> None:
    raw = bytearray(pack(("ada/unit/unit.py", CODE), GOOD))
    at %= len(raw)
    raw[at : at + len(damage)] = damage
    try:
        opened = archive.open_inside(Path("a.zip"), lambda most: (bytes(raw), None))
    except SubmissionError:
        return
    told: set[str] = set()
    for parts in opened.archive.index.members:
        try:
            opened.archive.read(parts, MAX_BYTES)
        except SubmissionError as e:
            told.add(e.code)
    assert told <= {"refused", "too_large", "not_regular"}


@settings(max_examples=50)
@given(st.text(max_size=60))
def test_any_name_has_a_place_below_the_top_or_none(name: str) -> None:
    parts, why = index.parts_of(name)
    assert bool(why) or not {"", ".", ".."} & set(parts)
    assert all("/" not in p and "\\" not in p for p in parts)


@pytest.mark.skipif(sys.platform != "linux", reason="uses ulimit")
def test_an_interrupted_run_leaves_nothing_behind(tmp_path: Path) -> None:
    put(tmp_path / "class.tar.gz", tarred(GOOD))
    (tmp_path / "tmp").mkdir()
    code = (
        "import os, signal\nfrom pathlib import Path\nfrom grader.intake import archive\n"
        f"packed = archive.open_file(Path({str(tmp_path / 'class.tar.gz')!r}))\n"
        "assert packed.entries()\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = os.environ | {"TMPDIR": str(tmp_path / "tmp")}
    ended = subprocess.run([sys.executable, "-c", code], env=environment, check=False)
    assert ended.returncode == -9
    assert list((tmp_path / "tmp").iterdir()) == []


def test_check_sums_are_those_of_the_zip_format() -> None:
    raw = zipped(("a", CODE))
    assert struct.unpack_from("<I", raw, 14)[0] == zlib.crc32(CODE)
