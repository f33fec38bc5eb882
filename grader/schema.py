"""What course files may say. The rest of the grader sees `grader.model`.

Nothing a student installs imports this module: `grader check` reads what `grader build`
compiled (examples.json).
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
    model_validator,
)

from grader import model

SLUG = r"^[a-z][a-z0-9_]*$"
ID = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"
IDENTIFIER = r"^[A-Za-z_][A-Za-z0-9_]*$"
MOST_DAYS = 3650
"""Of an extension, and until a cut-off: ten years."""


def _fraction(value: object) -> Fraction:
    """An exact number out of `7`, `7.5` or `1/2`; never out of a float's binary expansion."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("a number such as 5, 2.5 or 1/2 is allowed")
    if not re.fullmatch(r"\d{1,6}(\.\d{1,6})?(/[1-9]\d{0,5})?", str(value).strip()):
        raise ValueError("a number such as 5, 2.5 or 1/2 is allowed")
    number = str(value).strip()
    top, _, bottom = number.partition("/")
    return Fraction(top) / Fraction(bottom or 1)


def _share(value: object) -> Fraction:
    """A part of a whole, from 0 to 1, out of `10%`, `0.1` or `1/10`."""
    text = str(value).strip()
    percent = isinstance(value, str) and text.endswith("%")
    try:
        share = _fraction(text[:-1].strip()) / 100 if percent else _fraction(value)
    except ValueError:
        share = Fraction(2)
    if share > 1:
        raise ValueError("a share such as 10%, 0.1 or 1/10 is allowed, at most 100%")
    return share


def _quantity(value: object) -> model.Quantity:
    if isinstance(value, str):
        call, dot, name = value.partition(".")
        parts = [call, name] if dot else [call]
        if all(re.fullmatch(IDENTIFIER, part) for part in parts):
            return model.Quantity(call, name if dot else None)
    raise ValueError('"function" or "function.output" is allowed, such as forward.h_next')


def _schema(value: object) -> int:
    if type(value) is not int or value != 1:
        raise ValueError("1 is allowed")
    return value


def _size(value: object) -> float | int | str | bool:
    if not isinstance(value, float | int | str | bool):
        raise ValueError("a number, a text, true or false is allowed")
    return value


def _one_line(value: str) -> str:
    if "\n" in value:
        raise ValueError("one line is allowed")
    return value


Points = Annotated[Fraction, BeforeValidator(_fraction)]
Share = Annotated[Fraction, BeforeValidator(_share)]
Quantity = Annotated[model.Quantity, BeforeValidator(_quantity)]
Name = Annotated[str, Field(pattern=IDENTIFIER, max_length=60)]
Id = Annotated[str, Field(pattern=ID, max_length=60)]
Stripped = StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)
Text = Annotated[str, Stripped]
Line = Annotated[str, Stripped, AfterValidator(_one_line)]
Schema = Annotated[int, BeforeValidator(_schema)]
Size = Annotated[float | int | str | bool, PlainValidator(_size)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=True)


class LimitsFile(Strict):
    seconds: float = Field(default=10.0, gt=0, le=600)
    memory_mb: int = Field(default=512, ge=128, le=65536)


class LateFile(Strict):
    grace_minutes: int = Field(default=0, ge=0, le=MOST_DAYS * 1440)
    penalty_per_day: Share = Fraction(0)
    floor: Share = Fraction(0)
    cutoff_days: int | None = Field(default=None, ge=0, le=MOST_DAYS)


class AssignmentRef(Strict):
    slug: str = Field(pattern=SLUG)
    due: Text | None = None
    weight: Points = Fraction(1)
    late: LateFile = LateFile()


class CourseFile(Strict):
    version: Schema = Field(alias="schema")
    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: Line
    timezone: Text | None = None
    attempts: Literal["best", "last"] = "best"
    late: LateFile = LateFile()
    assignments: list[AssignmentRef] = Field(min_length=1)
    limits: LimitsFile = LimitsFile()


class ExtensionFile(Strict):
    student: Line
    assignment: str | None = Field(default=None, pattern=SLUG)
    due: Text | None = None
    days: int = Field(default=0, ge=1, le=MOST_DAYS)

    @model_validator(mode="after")
    def _one_of_two(self) -> ExtensionFile:
        if (self.due is None) == (self.days == 0):
            raise ValueError("either `due` or `days` is allowed, and one of them needed")
        return self


class ExtensionsFile(Strict):
    version: Schema = Field(alias="schema")
    extensions: list[ExtensionFile]


class CaseFile(Strict):
    id: Id
    sizes: dict[str, Size]
    regime: Id = model.COMMON
    why: str = ""


class _CheckFile(Strict):
    id: Id
    title: Line
    points: Points
    hint: Text = ""


class _OfFile(_CheckFile):
    regime: Id = model.COMMON
    of: list[Quantity] = Field(min_length=1)
    most: int = Field(default=0, ge=0)


class MatchesFile(_OfFile):
    kind: Literal["matches"]
    builds_on: list[Name] = []


class ShapedFile(_OfFile):
    kind: Literal["shaped", "unchanged"]


class GradientFile(_CheckFile):
    kind: Literal["gradient"]
    regime: Id = model.COMMON
    part: Name | Literal[""] = ""
    input: Name
    builds_on: list[Name] = []


class SameFile(_OfFile):
    kind: Literal["same"]
    same_as: Name = Field(alias="as")


class CostFile(_CheckFile):
    kind: Literal["cost"]
    regime: Id
    call: Name = "backward"
    seconds: float = Field(default=0.5, gt=0, le=60)
    ratio: float = Field(default=200.0, ge=10, le=100_000)
    withholds: list[Id] = []


class ManualFile(_CheckFile):
    kind: Literal["manual"]


CheckFile = Annotated[
    MatchesFile | ShapedFile | GradientFile | SameFile | CostFile | ManualFile,
    Field(discriminator="kind"),
]


class AssignmentFile(Strict):
    version: Schema = Field(alias="schema")
    slug: str = Field(pattern=SLUG)
    title: Line
    module: Name
    requires: list[Name] = []
    follow_through: Annotated[Points, Field(le=1)] = Fraction(1, 2)
    public: list[CaseFile] = Field(min_length=1)
    checks: list[CheckFile] = Field(min_length=1)


class HiddenFile(Strict):
    version: Schema = Field(alias="schema")
    cases: list[CaseFile] = Field(min_length=1)


class EditFile(Strict):
    replace: str = Field(min_length=1)
    by: str = Field(alias="with")

    @model_validator(mode="after")
    def _changes(self) -> EditFile:
        if self.replace == self.by:
            raise ValueError("`with` must differ from `replace`")
        return self


class MistakeFile(Strict):
    name: Id
    when: Line
    edits: list[EditFile] = Field(min_length=1)
    loses: list[Id] = Field(min_length=1)
    hint: Text
    slow: bool = False


class MistakesFile(Strict):
    version: Schema = Field(alias="schema")
    mistakes: list[MistakeFile] = Field(min_length=1)
