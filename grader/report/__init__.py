"""The class report: a folder of HTML files that needs no network and no server.

`index.html`, complete without its script, and `detail.html`, which holds the details of all
students packed and unpacks those of one in the browser, are for the instructor. A page of
`students/` is for its student and may be handed out as a single file: it holds reasons, diagnoses
and hints, but no case, no number and no message of a hidden check, and it links to nothing. Names
and messages are hostile input; what is done about them is in `grader.report.page` and
`grader.report.people`.
"""

from __future__ import annotations

from grader.report.site import write_report

__all__ = ["write_report"]
