"""The roster: what it holds, and how everything wrong with it is told, with its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader import roster
from grader.errors import ConfigError
from grader.roster import Roster


def load(tmp_path: Path, text: str | bytes) -> Roster:
    path = tmp_path / "roster.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return roster.load(path)


def wrong(tmp_path: Path, text: str | bytes) -> list[str]:
    """What is said, without the folder."""
    with pytest.raises(ConfigError) as e:
        load(tmp_path, text)
    return [f"{p.line}:{p.column}: {p.message}" for p in e.value.problems]


@pytest.mark.parametrize(
    "text",
    [
        "id,name,email,canvas_id\nada,Ada Byron,ada@example.org,17\n",
        "\ufeffID;Name;E-Mail;email;Canvas ID\r\nada;Ada Byron;;ada@example.org;17\r\n",
        "canvas-id\tid\tname\temail\n17\tada\tAda Byron\tada@example.org\n\n\t\t\t\n",
        '"id","name","email","canvas_id"\n"ada","Ada Byron","ada@example.org","17"',
    ],
)
def test_a_roster_is_a_csv_however_a_spreadsheet_writes_it(tmp_path: Path, text: str) -> None:
    (ada,) = load(tmp_path, text).people
    assert (ada.id, ada.name, ada.email) == ("ada", "Ada Byron", "ada@example.org")
    assert dict(ada.ids) == {"canvas_id": "17"}


def test_a_person_is_found_by_any_column_without_regard_to_case(tmp_path: Path) -> None:
    r = load(tmp_path, "id,name,github\nada,Ada  Byron,adaB\nbo,Andr\u00e9 Bo,bo-1\n")
    assert [p.id for p in r.by("github", "ADAB")] == ["ada"]
    assert [p.id for p in r.find("ada byron")] == ["ada"]
    assert [p.id for p in r.find("Andre\u0301 bo")] == ["bo"]
    assert r.by("github", "") == r.by("nothing", "ada") == r.find("") == ()


def test_an_id_goes_before_what_else_is_called_so(tmp_path: Path) -> None:
    r = load(tmp_path, "id,name,github\nada,bo,a\nbo,Bo,b\n")
    assert [p.id for p in r.find("bo")] == ["bo"]


def test_people_may_share_a_name_and_a_section(tmp_path: Path) -> None:
    r = load(tmp_path, "id,name,section\nada,Kim Lee,1\nbo,Kim Lee,1\n")
    assert [p.id for p in r.find("Kim Lee")] == ["ada", "bo"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ["1:1: There is no column `id`."]),
        ("name\nAda\n", ["1:1: There is no column `id`."]),
        ("id,name\n", ["1:1: Nobody is listed."]),
        ("id,name\nada,Ada\nada,Bo\n", ["3:1: `ada` is the id of line 2 already."]),
        ("id,name\n,Ada\n", ["2:1: The `id` is empty."]),
        ("name,id\nAda,\n", ["2:5: The `id` is empty."]),
        ("id,canvas_id\nada,17\nbo, 17\n", ["3:4: `17` is the canvas_id of line 2 already."]),
        ("id,email\nada,A@b.org\nbo,a@B.org\n", ["3:4: `a@B.org` is the email of line 2 already"]),
        ("id,name,name\nada,Ada,B\n", ["1:9: The column `name` is there twice."]),
        ("id,name\nada,Byron, Ada\n", ["2:11: There are 3 cells under 2 columns."]),
        ('id,name\nada,"Ada\n', ["2:1: This is not CSV: unexpected end of data."]),
        ('id,name\nada,"A\nB"\n', ["2:5: A cell is one line of at most 200 printable"]),
        ("id,name\nada,\x1b[2J\n", ["2:5: A cell is one line of at most 200 printable"]),
        ('id,name\n"a, b",x\n"a, b",y\n', ["3:1: `a, b` is the id of line 2 already."]),
        ('id,name,x_id\n"a,""b",x,1\nc,y,1\n', ["3:5: `1` is the x_id of line 2 already."]),
        (b"id,name\nada,\xff\n", ["2:5: This is not UTF-8."]),
        ("id,name\n,a\n,b\n", ["2:1: The `id` is empty.", "3:1: The `id` is empty."]),
    ],
)
def test_what_is_wrong_is_told_with_its_place(
    tmp_path: Path, text: str | bytes, told: list[str]
) -> None:
    said = wrong(tmp_path, text)
    assert len(said) == len(told)
    assert all(s.startswith(t) for s, t in zip(said, told, strict=True)), said


def test_a_roster_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        roster.load(tmp_path / "nobody.csv")


@settings(max_examples=50)
@given(st.binary(max_size=100))
def test_any_file_is_a_roster_or_a_list_of_problems(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any-roster.csv"
    path.write_bytes(b"id,name\n" + content)
    try:
        people = roster.load(path).people
    except ConfigError:
        return
    assert all(p.id for p in people)
