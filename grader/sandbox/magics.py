"""What IPython understands in a cell and Python does not: `%matplotlib`, `!ls`, `name?`, `%%time`.

What lies inside of a string or brackets, or after a backslash, is Python whatever it begins with.
"""

from __future__ import annotations

import re

_RUNS_ITS_CELL = {"capture", "debug", "lprun", "memit", "mprun", "prun", "time", "timeit"}
"""The magics of a whole cell that run it as Python in the notebook; others do not."""

# Patterns are compiled where they are needed: a module that is handed in needs none of them.
_MAGIC = r"""[ \t]*+(?:
        [%!?]                                 # %magic, !command, ?name: no statement begins so
        | [\w.,\[\] \t]++=[ \t]*+[%!](?!=)    # x = !command, x = %magic
        | [%\w.*\[\]]++\?\??;?[ \t]*+$        # name?
    )"""
_PIECE = r'''(?P<text>"""(?:[^"\\]|\\.|"(?!""))*+(?:"""|\Z)
        |\'\'\'(?:[^'\\]|\\.|'(?!''))*+(?:\'\'\'|\Z)
        |"(?:[^"\\\n]|\\.)*+"?|'(?:[^'\\\n]|\\.)*+'?|\#[^\n]*+|\\.)
      |(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<end>\n)|[^"'\#()\[\]{}\\\n]++|\\\Z'''
_LINE = r"(?:[^\n\\]|\\.)*+\\?"


def python(text: str) -> str:
    """A cell's text with each line that only IPython understands as a `pass`; lines stay in place.

    The magic of a cell that hands it on to something else leaves nothing.
    """
    while (first := re.match(r"\s*+%%[ \t]*(\w*)[^\n]*", text)) is not None:
        if first[1] not in _RUNS_ITS_CELL:
            return ""
        text = "\n" * text.count("\n", 0, first.end()) + text[first.end() :]
    magic = re.compile(_MAGIC, re.VERBOSE | re.MULTILINE)
    a_line, a_piece = re.compile(_LINE, re.DOTALL), re.compile(_PIECE, re.VERBOSE | re.DOTALL)
    kept, at, depth, starts = [], 0, 0, True
    while at < len(text):
        if starts and not depth and magic.match(text, at):
            line = a_line.match(text, at)
            assert line is not None
            indent = re.match(r"[ \t]*", line[0])
            assert indent is not None
            # A command may go on after a backslash.
            kept += [indent[0], "pass", "\n" * line[0].count("\n")]
            at, starts = line.end(), False
            continue
        piece = a_piece.match(text, at)
        assert piece is not None
        depth = max(0, depth + (piece["open"] is not None) - (piece["close"] is not None))
        starts = piece["end"] is not None
        kept.append(piece[0])
        at = piece.end()
    return "".join(kept)
