"""Editing single cells of a CSV file that another system owns, and reading its numbers."""

from __future__ import annotations

import csv
import io
from fractions import Fraction
from pathlib import Path

import pytest
from export_kit import result
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import UsageError
from grader.export import files, points, sheet

PATH = Path("grades.csv")
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
CELL = st.one_of(
    TEXT, st.sampled_from(['say "hi"', "a,b;c\td", "two\nlines", "\r\nx", "", " ", "=1+1", "é—Ж"])
)


@st.composite
def tables(draw: st.DrawFn) -> tuple[bytes, list[list[str]], str]:
    """A file in one of many styles, its cells, and its delimiter."""
    width = draw(st.integers(2, 4))
    rows = draw(st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=1, max_size=5))
    header = [f"column {n}" for n in range(width)]
    delimiter = draw(st.sampled_from([",", ";", "\t"]))
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    lines = []
    for row in [header, *rows]:
        cells = []
        for cell in row:
            needs = any(c in cell for c in f'"\r\n{delimiter}') or draw(st.booleans())
            quoted = '"' + cell.replace('"', '""') + '"'
            cells.append(quoted if needs else cell)
        lines.append(delimiter.join(cells))
    bom = draw(st.sampled_from([b"", b"\xef\xbb\xbf"]))
    last = draw(st.sampled_from(["", end]))
    return bom + (end.join(lines) + last).encode(), [header, *rows], delimiter


@given(tables(), st.data())
def test_an_edit_changes_the_cells_it_names_and_no_other_byte(
    table: tuple[bytes, list[list[str]], str], data: st.DataObject
) -> None:
    raw, cells, delimiter = table
    read = sheet.parse(PATH, raw)
    assert [list(r.texts) for r in read.rows] == cells
    assert sheet.edited(read, {}) == raw
    places = st.tuples(st.integers(0, len(cells) - 1), st.integers(0, len(cells[0]) - 1))
    edits = data.draw(st.dictionaries(places, CELL, max_size=4))
    after = sheet.edited(read, edits)
    again = sheet.parse(PATH, after)
    for i, row in enumerate(cells):
        for j, text in enumerate(row):
            assert again.rows[i].cells[j].text == edits.get((i, j), text)
    # What is left when the edited cells are cut out is the same, byte for byte.
    assert _without(raw, read, edits) == _without(after, again, edits)
    reader = csv.reader(io.StringIO(after.decode("utf-8-sig"), newline=""), delimiter=delimiter)
    wanted = [[edits.get((i, j), t) for j, t in enumerate(row)] for i, row in enumerate(cells)]
    assert [row for row in reader if row] == wanted


def _without(raw: bytes, read: sheet.Sheet, edits: dict[tuple[int, int], str]) -> list[bytes]:
    pieces, at = [], 0
    for row, column in sorted(edits):
        cell = read.rows[row].cells[column]
        pieces.append(raw[at : cell.start])
        at = cell.end
    return [*pieces, raw[at:]]


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_with_the_file_and_its_line(raw: bytes) -> None:
    try:
        read = sheet.parse(PATH, raw)
    except sheet.BadFile as e:
        said = str(e)
    else:
        said = "grades.csv:"
        assert sheet.edited(read, {}) == raw
    assert said.startswith("grades.csv:")


def test_a_cell_in_quotes_stays_in_quotes() -> None:
    read = sheet.parse(PATH, b'"a","b"\n"",\n')
    assert sheet.edited(read, {(1, 0): "7", (1, 1): "8"}) == b'"a","b"\n"7",8\n'


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "grades.csv:1: the file is empty"),
        (b"\xef\xbb\xbf \n", "grades.csv:1: the file is empty"),
        ("a,b\n1,2\n".encode("utf-16"), "grades.csv:1: the file is in UTF-16"),
        ("a,b\n1,2\n".encode("utf-16-be"), "grades.csv:1: there is a NUL byte"),
        (b"a,b\n1,2\n3,\0\n", "grades.csv:3: there is a NUL byte"),
        (b'a,b\n"1,2\n', "grades.csv:2: a quoted cell begins here and never ends"),
        (b'a,b\n"x\ny"z,2\n', "grades.csv:3: there is text behind the closing quote"),
        (b"a,b\nJos\xe9,2\n", "grades.csv:2: this is not utf-8"),
    ],
)
def test_what_is_no_csv_file_is_refused_with_its_line(raw: bytes, said: str) -> None:
    with pytest.raises(sheet.BadFile) as e:
        sheet.parse(PATH, raw)
    assert said in str(e.value)


def test_a_row_with_too_few_cells_is_refused() -> None:
    read = sheet.parse(PATH, b'a,b,c\n1,"2\n2",3\n\n1,2\n')
    with pytest.raises(sheet.BadFile, match=r"grades\.csv:5: 2 cells, but the header has 3"):
        sheet.same_width(read)


def test_another_encoding_is_kept() -> None:
    raw = "Student;Punkte\nJosé;\n".encode("cp1252")
    read = sheet.parse(PATH, raw, "cp1252")
    assert read.rows[1].texts == ("José", "")
    assert sheet.edited(read, {(1, 1): "9 – ½ Ж"}) == raw[:-1] + "9 – ½ &#1046;\n".encode("cp1252")


@pytest.mark.parametrize("name", ["nonsense", "utf-16", "utf-7", "rot13", "base64", "cp037", "\0"])
def test_an_encoding_that_cannot_be_edited_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="There is no encoding"):
        sheet.parse(PATH, b"a,b\n", name)


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    big = tmp_path / "big.csv"
    with big.open("wb") as f:
        f.truncate(30 * 2**20)
    with pytest.raises(UsageError, match="more than 16 MB"):
        files.read(big)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("84.60", "84.6"),
        ("84,60", "84.6"),
        ("100", "100"),
        ("1.000,50", "1000.5"),
        (" 7 ", "7"),
        ("-1.5", "-1.5"),
        ("", None),
        ("EX", None),
        ("1e3", None),
        ("12%", None),
        ("9" * 40, None),
    ],
)
def test_a_number_is_read_with_a_point_or_a_comma(text: str, number: str | None) -> None:
    assert points.read(text) == (None if number is None else Fraction(number))


@given(st.fractions(0, 1000, max_denominator=10**6), st.sampled_from(".,"), st.integers(0, 5))
def test_a_number_that_is_written_reads_as_the_same_cents(
    number: Fraction, mark: str, decimals: int
) -> None:
    text = points.Written(mark, decimals).text(number)
    assert points.read(text) == Fraction(round(number * 100), 100)


@given(
    st.fractions(0, 100, max_denominator=1000),
    st.fractions("0.01", 1000, max_denominator=3000),
)
def test_a_score_is_scaled_to_the_nearest_cent_and_never_above_the_maximum(
    score: Fraction, most: Fraction
) -> None:
    scaled = points.scaled(result("ada", "lstm", score), most)
    exact = score / 100 * most
    assert 0 <= scaled <= most
    assert abs(scaled - exact) <= (Fraction(1, 100) if score == 100 else Fraction(1, 200)) or (
        scaled + Fraction(1, 100) > most
    )


def test_full_marks_of_a_maximum_that_is_no_number_of_cents_are_not_above_it() -> None:
    full = result("ada", "lstm", 100)
    assert points.scaled(full, Fraction("66.666")) == Fraction("66.66")


def test_writing_keeps_permissions_and_follows_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    real.write_bytes(b"before")
    real.chmod(0o640)
    link.symlink_to(real)
    files.write(link, b"after")
    assert link.is_symlink()
    assert real.read_bytes() == b"after"
    assert real.stat().st_mode & 0o777 == 0o640
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link.csv", "real.csv"]


def test_a_file_that_cannot_be_replaced_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(UsageError, match="cannot be written"):
        files.write(tmp_path / "taken", b"after")
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]


@given(st.text(max_size=300))
def test_a_student_s_name_is_never_a_path(name: str) -> None:
    safe = files.safe_name(name)
    assert Path(safe).name == safe
    assert safe not in ("", ".", "..")
    assert not safe.startswith((".", "-"))
    assert len(safe) <= 100
