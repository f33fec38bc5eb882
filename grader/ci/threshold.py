"""How many points a run of CI asks for: `--fail-under 60` or `--fail-under 60%`."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from grader.messages import say
from grader.results import points_text
from grader.verdict import Result


@dataclass(frozen=True)
class Threshold:
    """So many points, or percent of those that can be had, that each result must have."""

    value: Fraction
    percent: bool = False

    @classmethod
    def read(cls, text: str) -> Self:
        """What `text` asks for: 60, 7.5 or 60%. Raises ValueError for anything else."""
        try:
            number = Fraction(text.strip().removesuffix("%").rstrip())
        except (ValueError, ZeroDivisionError):
            number = Fraction(-1)
        percent = text.strip().endswith("%")
        if number < 0 or (percent and number > 100):
            raise ValueError(f"{text!r} is neither points nor percent. Write 60, 7.5 or 60%.")
        return cls(number, percent)

    def met(self, result: Result) -> bool:
        share = result.max_score / 100 if self.percent else 1
        return result.score >= self.value * share

    def told(self, result: Result) -> str:
        """That `result` has fewer, in a sentence."""
        score, most = points_text(result.score), points_text(result.max_score)
        return say("ci.below", slug=result.assignment, score=score, most=most, asked=self)

    def __str__(self) -> str:
        return f"{points_text(self.value)}{'%' if self.percent else ''}"
