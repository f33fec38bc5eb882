"""Checks in a notebook: `check("grad-Wx")` in a cell shows how that check comes out.

The student's code runs where it is, in the kernel, so a verdict here helps its author and decides
nothing: grades come from the judge, which runs the same cells in a sandbox of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.notebook.desk import Desk

__all__ = ["check"]

_desk: list[Desk] = []
"""The one desk of this kernel, once there is any: it remembers what was judged already."""


def check(check_id: str, slug: str | None = None) -> float:
    """Show how a check of the notebook's exercise comes out, and return the points it earns.

    The exercise is the one in the folder of the notebook, or `slug` of the course around it.
    Always a plain float, as nbgrader wants, and never an exception: what is wrong is shown.
    """
    from grader.messages import say
    from grader.notebook import show

    try:
        from grader.notebook.desk import Desk

        if not _desk:
            _desk.append(Desk())
        shown = _desk[0].look(str(check_id), slug)
    except KeyboardInterrupt:
        shown = show.note(check_id, say("notebook.interrupted"))
    except Exception as e:
        shown = show.trouble(check_id, e)
    show.display(shown)
    return shown.points
