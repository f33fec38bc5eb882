"""What is said to students: every key exists, and a student's own text cannot do harm."""

from __future__ import annotations

import ast
import re
import string
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import grader
from grader import messages
from grader.explain import name_of
from grader.findings import Finding
from grader.messages import plain, say
from grader.model import Quantity

PACKAGE = Path(grader.__file__).parent
CATALOGUES = sorted((PACKAGE / "messages").glob("*.toml"))


def catalogue(path: Path) -> dict[str, str]:
    """The texts of a language by "section.name"."""
    sections = tomllib.loads(path.read_text(encoding="utf-8"))
    return {f"{s}.{name}": text for s, texts in sections.items() for name, text in texts.items()}


ENGLISH = catalogue(PACKAGE / "messages" / "en.toml")


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


# Keys

SPEAKERS = {"say": ("", 0), "Pattern": ("pattern.", 0)}
SPEAKERS |= {"SubmissionError": ("submission.", 0), "_broken": ("submission.", 2)}
SPEAKERS |= {"SubmissionProblem": ("submission.", 0)}
"""What names a text: how the key begins, and which argument holds the rest of it."""


@dataclass(frozen=True)
class Use:
    """A place that names a text. `key` is a pattern, exact unless the key is made when it runs;
    `details` is None where they are not written out."""

    where: str
    key: str
    exact: bool
    details: frozenset[str] | None

    def matches(self, key: str) -> bool:
        return re.fullmatch(self.key, key) is not None


def calls() -> Iterator[tuple[str, ast.Call]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                yield f"{path.relative_to(PACKAGE)}:{node.lineno}", node


def uses() -> Iterator[Use]:
    """Every place in the package that names a text, at least in part."""
    for where, call in calls():
        prefix, index = SPEAKERS.get(call.func.id, ("", 99))  # type: ignore[attr-defined]
        if index < len(call.args):
            for pattern, exact in patterns(call.args[index]):
                yield Use(where, re.escape(prefix) + pattern, exact, details(call))


def patterns(node: ast.expr) -> Iterator[tuple[str, bool]]:
    """What a key can be, and whether that is all of it. Nothing for a variable."""
    if isinstance(node, ast.Constant):
        yield re.escape(str(node.value)), True
    elif isinstance(node, ast.JoinedStr):
        parts = [v.value if isinstance(v, ast.Constant) else None for v in node.values]
        yield "".join(r"\w+" if p is None else re.escape(str(p)) for p in parts), False


def details(call: ast.Call) -> frozenset[str] | None:
    """The names given as keywords, or as the keys of a dict."""
    names = {k.arg for k in call.keywords}
    for argument in call.args:
        if isinstance(argument, ast.Dict):
            names |= {k.value if isinstance(k, ast.Constant) else None for k in argument.keys}
    return None if None in names else frozenset(map(str, names))


USES = list(uses())
EXACT = [use for use in USES if use.exact]


def ids(use: Use) -> str:
    return f"{use.where} {use.key}"


def test_the_places_that_name_texts_are_found() -> None:
    assert len(EXACT) > 20
    assert {use.key.partition(".")[0].rstrip("\\") for use in USES} >= {
        *("reason", "detail", "diagnosis", "quantity", "pattern", "submission")
    }


@pytest.mark.parametrize("use", USES, ids=ids)
def test_every_key_that_is_used_exists(use: Use) -> None:
    assert any(use.matches(key) for key in ENGLISH)


@pytest.mark.parametrize("use", EXACT, ids=ids)
def test_every_detail_that_a_text_needs_is_given(use: Use) -> None:
    if use.details is not None:
        for key, text in ENGLISH.items():
            if use.matches(key):
                assert fields(text) <= use.details, f"{key}: {text}"


def made() -> set[str]:
    """The keys that are put together as the program runs, by the words that can come in."""
    words = set(re.findall(r'"(\w+)"', Finding.__doc__ or "")) - {"right", "failure"}
    assert len(words) == 5
    kinds = {name_of(Quantity(call, "y")) for call in ("forward", "backward")}
    assert len(kinds) == 2
    return {f"reason.{w}" for w in words} | {f"quantity.{k}" for k in ("output", "gradient")}


def test_every_key_that_is_put_together_exists() -> None:
    assert made() <= ENGLISH.keys()
    assert all(fields(ENGLISH[key]) == {"what"} for key in made() if key.startswith("reason."))


def test_no_text_is_there_that_nothing_says() -> None:
    written = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant):
                written.add(node.value)
    said = {key for key in ENGLISH if key in written or any(use.matches(key) for use in EXACT)}
    assert ENGLISH.keys() - said - made() == set()


def test_a_key_that_does_not_exist_is_an_error() -> None:
    for key in ("reason.nonsense", "nonsense.timeout", "reason", ""):
        with pytest.raises(KeyError):
            say(key)


def test_details_are_filled_in_and_their_braces_left_alone() -> None:
    assert say("reason.shape", what="{x}[0]") == "{x}[0] has the wrong shape."
    assert say("detail.error", error=0.123456, case="a", wrong=1, of=2).startswith(
        "Relative error 0.12"
    )


def test_a_missing_detail_is_an_error() -> None:
    with pytest.raises(KeyError):
        say("reason.shape")


# Texts


def test_there_is_a_catalogue_for_the_language_that_is_set() -> None:
    assert messages.LANGUAGE in {path.stem for path in CATALOGUES}


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda p: p.stem)
def test_every_language_has_the_same_keys_and_details(path: Path) -> None:
    texts = catalogue(path)
    assert texts.keys() == ENGLISH.keys()
    for key, text in texts.items():
        assert fields(text) <= fields(ENGLISH[key]), key
        assert text == text.strip()
        assert plain(text) == text, "a text is one line without control characters"


def test_what_is_said_of_a_hidden_check_holds_nothing_of_its_inputs() -> None:
    """No value, no message of an exception, no time: those would carry hidden inputs out."""
    harmless = {"what", "type", "call", "calls", "other", "title"}
    for key, text in ENGLISH.items():
        if key.startswith("reason."):
            assert fields(text) <= harmless, key


def test_every_reason_and_diagnosis_is_a_sentence() -> None:
    for key, text in ENGLISH.items():
        section, _, name = key.partition(".")
        # Which stand in sentences or lists.
        parts = ("quantity", "detail", "outcome", "notebook", "comment", "fold", "page")
        if section not in parts and name != "own_exception":
            assert text.endswith("."), key
            assert text[0].isupper() or text[0] == "{", key


# Text of a student


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("nothing to do", "nothing to do"),
        ("two\nlines", "two lines"),
        ("a\ttab\r", "a tab "),
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("\x1b]0;title\x07", "]0;title"),
        ("\x9b2J", "2J"),
        ("ring\x07 back\x08 nul\0 del\x7f", "ring back nul del"),
        ("next\x85line", "nextline"),
        ("right\u202eto left", "rightto left"),
        ("\u2066isolated\u2069", "isolated"),
        ("zero\u200bwidth\u200d\u200e\u200f", "zerowidth"),
        ("\ufeffmark", "mark"),
        ("soft\xadhyphen", "softhyphen"),
        ("tags\U000e0041\U000e007f", "tags"),
        ("private\ue000\U0010ffff", "private"),
        ("lone\ud800", "lone"),
        ("unassigned\u0378", "unassigned"),
        ("é ∂L/∂W 字 😀 ‘x’ ä", "é ∂L/∂W 字 😀 ‘x’ ä"),
        ("<b>{x}</b> & %s", "<b>{x}</b> & %s"),
        ("", ""),
    ],
    ids=ascii,
)
def test_a_student_s_text_is_made_safe_to_print(text: str, safe: str) -> None:
    assert plain(text) == safe


def test_a_student_s_text_is_bounded() -> None:
    assert plain("a" * 300) == "a" * 300
    assert plain("a" * 301) == "a" * 299 + "…"
    assert plain("a" * 10**7, limit=10) == "a" * 9 + "…"
    assert plain("\x1b" * 1200 + "a" * 10**7) == "", "no more than a little is even looked at"


anything = st.text(st.characters(codec=None, exclude_categories=[]), max_size=400)
hostile = st.text(st.sampled_from("a \n\r\t\x0b\x0c\x1b\x85\x9b\xad\u061c\u200b\u202e\u2066\ud800"))


@given(anything | hostile, st.integers(1, 300))
def test_a_safe_text_is_bounded_and_has_no_character_that_acts(text: str, limit: int) -> None:
    safe = plain(text, limit)
    assert len(safe) <= limit
    assert not {unicodedata.category(c) for c in safe} & {"Cc", "Cf", "Cs", "Co", "Cn"}
    assert not set(safe) & set("\n\r\t\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2069")
    assert plain(safe, limit) == safe
    safe.encode("utf-8")


@pytest.mark.parametrize("separator", ["\u2028", "\u2029"])
def test_no_separator_of_unicode_breaks_the_line(separator: str) -> None:
    assert plain(f"one{separator}line").splitlines() == ["one line"]
