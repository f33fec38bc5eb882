"""Points on another system's scale: exact until they are written, to the cent."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction

from grader.verdict import Result

_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)*")


@dataclass(frozen=True)
class Written:
    """How a file writes numbers: with which mark, and with how many decimals at least."""

    mark: str = "."
    decimals: int = 0

    def text(self, points: Fraction) -> str:
        """Points to the cent, as the file would write them."""
        whole, cents = divmod(round(points * 100), 100)
        rest = f"{cents:02d}".rstrip("0").ljust(min(self.decimals, 2), "0")
        return f"{whole}{self.mark}{rest}" if rest else str(whole)


def share(result: Result) -> Fraction:
    """The share of its points that a result earned, from 0 to 1."""
    return result.score / result.max_score if result.max_score else Fraction(1)


def scaled(result: Result, most: Fraction) -> Fraction:
    """The score out of `most`, to the cent, a half cent to the even one.

    Never more than `most`: where that is no number of cents, full marks are rounded down to them.
    """
    cents = min(round(share(result) * most * 100), math.floor(most * 100))
    return Fraction(cents, 100)


def read(text: str) -> Fraction | None:
    """The number in a cell, with a point or a comma; the last of several is the decimal one.

    None if it is none. Such is what Canvas's gradebook_importer.rb makes of a cell.
    """
    text = text.strip().replace("\u00a0", "")
    if not _NUMBER.fullmatch(text) or len(text) > 30:
        return None
    whole, mark, rest = _parted(text)
    digits = re.sub(r"[.,]", "", whole)
    return Fraction(f"{digits}.{rest}" if mark else digits)


def style(text: str) -> Written:
    """How the number in a cell is written."""
    _, mark, rest = _parted(text.strip())
    return Written(mark or ".", len(rest))


def _parted(text: str) -> tuple[str, str, str]:
    at = max(text.rfind("."), text.rfind(","))
    return (text, "", "") if at < 0 else (text[:at], text[at], text[at + 1 :])
