"""Results as JUnit XML, which GitLab, Jenkins and most other systems show: a test case a check.

JUnit knows no part of a mark. A follow-through is skipped and not failed, as in pytest: what is to
be mended fails under its own name.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping, Sequence

from grader.explain import diagnosis_text
from grader.messages import plain
from grader.results import points_text
from grader.verdict import Result, ScoredCheck, Status

_OUTCOMES = {
    Status.PASSED: "",
    Status.FAILED: "failure",
    Status.ERROR: "error",
    Status.TIMEOUT: "error",
    Status.FOLLOW_THROUGH: "skipped",
    Status.SKIPPED: "skipped",
    Status.MANUAL: "skipped",
}


def document(results: Sequence[Result], files: Mapping[str, str] | None = None) -> bytes:
    """The document, UTF-8. `files` are the names of the files that were checked, by exercise.

    A result that says nothing of any check, such as that of a file that cannot be read, is one
    test case with an error.
    """
    root = ET.Element("testsuites")
    for result in results:
        _suite(root, result, (files or {}).get(result.assignment, ""))
    _count(root, root.iter("testcase"))
    ET.indent(root, " ")
    content: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return content + b"\n"


def _suite(root: ET.Element, result: Result, file: str) -> None:
    suite = ET.SubElement(root, "testsuite", name=plain(f"{result.assignment} {result.student}"))
    tells = [c for c in result.checks if c.result.reason or c.result.status is Status.PASSED]
    if result.problem and not tells:
        case = _case(suite, result, plain(result.assignment), file)
        ET.SubElement(case, "error", message=plain(result.problem), type=result.status)
    for check in result.checks if tells or not result.problem else ():
        case = _case(suite, result, check.result.id, file)
        if outcome := _OUTCOMES[check.result.status]:
            told = ET.SubElement(case, outcome, message=_message(check))
            told.set("type", check.result.status.value)
            told.text = "\n".join(_lines(check))
    _count(suite, suite.iter("testcase"))


def _case(suite: ET.Element, result: Result, name: str, file: str) -> ET.Element:
    case = ET.SubElement(suite, "testcase", name=name, classname=plain(result.assignment))
    case.set("time", "0")  # the checks of a file are worked out together
    if file:
        case.set("file", plain(file))
    return case


def _message(check: ScoredCheck) -> str:
    points = f"{points_text(check.points)}/{points_text(check.max_points)}"
    return plain(f"{check.title} ({points}): {check.result.reason}")


def _lines(check: ScoredCheck) -> Iterable[str]:
    r = check.result
    told = (r.reason, *r.detail, *(diagnosis_text(d) for d in r.diagnosis), r.hint)
    return (plain(line, 500) for line in told if line)


def _count(element: ET.Element, cases: Iterable[ET.Element]) -> None:
    """Set how many of `cases` there are, and how many of each outcome."""
    all_of_them = list(cases)
    element.set("tests", str(len(all_of_them)))
    for name, plural in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        element.set(plural, str(sum(case.find(name) is not None for case in all_of_them)))
