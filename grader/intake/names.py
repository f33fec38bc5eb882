"""Names: of files as systems and people change them, and of people as systems fold them."""

from __future__ import annotations

import re
import unicodedata

MAX_NAME = 200
_SUFFIX = re.compile(r"\.(?:py|ipynb)$", re.IGNORECASE)
_ADDED = (
    re.compile(r"[ _-]*\((?P<n>\d{1,3})\)$"),  # a browser's second download
    re.compile(r"-(?P<n>\d{1,3})$"),  # Canvas, for a name handed in before
    re.compile(r"[ _-]+(?:copy|kopie)(?: ?(?P<n>\d{1,3}))?$"),
    re.compile(r"^(?:copy|copy \((?P<n>\d{1,3})\)|kopie) (?:of|von) "),
    re.compile(r"\.(?:py|ipynb)$"),  # where the system hides the suffix
)


def text(name: str) -> str:
    """A name out of a file system as text that can be stored and shown, whatever bytes it has."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")[:MAX_NAME]


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """The order of names in which attempt-10 comes after attempt-9."""
    pieces = re.findall(r"([0-9]+)|([^0-9]+)", name)
    return tuple((0, int(number), "") if number else (1, 0, word) for number, word in pieces)


def bare(name: str) -> tuple[str, int]:
    """A file's name without its suffix and what was added to it, and the number in that, or 0.

    `lstm-1.py`, `LSTM (1).PY` and `Copy of lstm.py` are all `lstm`.
    """
    stem = unicodedata.normalize("NFC", _SUFFIX.sub("", name[:MAX_NAME])).casefold().strip()
    number, before = 0, ""
    while before != stem:
        before = stem
        for added in _ADDED:
            found = added.search(stem)
            if found and len(found[0]) < len(stem):
                number = int(found.groupdict().get("n") or number)
                stem = (stem[: found.start()] + stem[found.end() :]).strip()
    return joined(stem), number


def joined(name: str) -> str:
    """A name as it is compared: `RNN unit` and `rnn-unit` are `rnn_unit`."""
    return re.sub(r"[\s_-]+", "_", unicodedata.normalize("NFC", name).casefold()).strip("_")


def squeezed(name: str) -> str:
    """A person's name in lower case with nothing but its word characters."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFC", name).casefold())


def orders(name: str) -> set[str]:
    """`Jane van Doe`, squeezed, in each order in which a system may put its words: janevandoe,
    vandoejane, doejanevan. A name with a comma is in its order already."""
    words = name.replace(",", " ").split()
    return {squeezed("".join(words[i:] + words[:i])) for i in range(len(words))}
