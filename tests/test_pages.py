"""The report in a browser: it sorts, filters, leads on, prints, fits, and can be read by all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import big_class
import browser
import pytest
from browser import Browser
from playwright.sync_api import expect
from test_report import ASSIGNMENTS, COURSE, HOSTILE, NEGATED, failed, result
from test_report_material import EDIT, MAP

from grader.report import Material, pairs, write_report
from grader.report.people import file_of
from grader.store import Store

ROOT = Path(__file__).parents[1]
GRADER = Path(sys.executable).with_name("grader")
SIZES = {"desk": 1280, "phone": 400}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(browser.CHROMIUM is None, reason="there is no Chromium on this machine"),
]


def _alike(results: Path) -> None:
    """A file of similar pairs, as it would be laid beside the results."""
    with Store(results) as store:
        sources = {r.student: r for r in store.attempts() if r.assignment == "rnn_unit"}
    told = [
        {
            "assignment": "rnn_unit",
            "students": [one, other],
            "score": 0.83,
            "rank": 4.0 - n,
            "files": [
                {
                    "student": s,
                    "file": sources[s].file,
                    "source": sources[s].source.decode("utf-8", "replace"),
                    "spans": [[5, 12], [20, 24]],
                }
                for s in (one, other)
            ],
        }
        for n, (one, other) in enumerate((("ada", "greta"), ("dana", "priya")))
    ]
    (results / pairs.FILE).write_text(json.dumps({"schema": 1, "pairs": told}))


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the sample class, as the commands make it."""
    folder = tmp_path_factory.mktemp("sample")
    results, out = folder / "results", folder / "report"
    shared = ["--course", ROOT, "--results", results]
    secret = {**os.environ, "GRADER_SECRET": "the sample class has a secret"}
    graded = [GRADER, "grade", ROOT / "examples" / "class", *shared]
    assert subprocess.run(graded, env=secret).returncode == 1
    _alike(results)
    (folder / "roster.csv").write_text("id,name\nada,Ada Byron\nnobody,Nina Nobody\n")
    command = [GRADER, "report", *shared, "--out", out, "--hand-out"]
    subprocess.run([*command, "--roster", folder / "roster.csv"], check=True)
    return out


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a class in which every name and message is an attack."""
    rows = [
        result(s, failed("grad-x", NEGATED, detail=(s,)), problem=s, isolation=s) for s in HOSTILE
    ]
    material = Material(
        names={"missing": HOSTILE[0], **dict(zip(HOSTILE, reversed(HOSTILE), strict=True))},
        sources={
            (s, "layer"): ("layer.py", b"dx = dy @ W # " + ascii(s).encode()) for s in HOSTILE
        },
        edits={"layer": {"negated": EDIT}},
        maps={(s, "layer"): (MAP,) for s in HOSTILE},
    )
    out = tmp_path_factory.mktemp("hostile") / "report"
    write_report(COURSE, ASSIGNMENTS, rows, out, material, hand_outs=True)
    return out


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def every_page(report: Path, student: str) -> list[str]:
    """The address of a page of each kind."""
    file = file_of(student)
    pages = ["index.html", f"detail.html#{file}", f"student.html#{file}", "student.html"]
    pages += ["pairs.html#1"] if (report / "pairs.html").exists() else []
    return [*pages, f"students/{file}.html"]


SHOWN = "!document.querySelector('#state:not([hidden])')"
"""Whether a page that holds many has shown one."""


@pytest.fixture
def window(sample: Path, tmp_path: Path) -> Iterator[Browser]:
    """A window at the class report of the sample; whatever it complains of fails the test."""
    with Browser(tmp_path / "profile", SIZES["desk"]) as w:
        w.open((sample / "index.html").as_uri(), "document.querySelector('.heat td')")
        yield w
        assert w.complaints == []
        assert w.requests == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", SIZES)
def test_every_page_is_accessible_quiet_and_fits(
    sample: Path, hostile: Path, size: str, scheme: Literal["light", "dark"], tmp_path: Path
) -> None:
    with Browser(tmp_path / "profile", SIZES[size], scheme=scheme) as w:
        for report, student in ((sample, "priya"), (hostile, HOSTILE[0])):
            for n, page in enumerate(every_page(report, student)):
                w.open(f"{report.as_uri()}/{page}", SHOWN)
                assert w.violations() == [], page
                assert w.evaluate("document.documentElement.scrollWidth") <= SIZES[size], page
                w.screenshot(tmp_path / f"{report.parent.name}-{n}.png", whole=True)
        assert w.complaints == []
        assert w.requests == []


def test_columns_sort_by_mouse_and_by_keyboard(window: Browser) -> None:
    table = window.page.locator("#class")
    total = table.get_by_role("button", name="Course total")
    header = table.get_by_role("columnheader", name="Course total")
    cells = "[...document.querySelectorAll('#class tbody tr')].map(r => r.cells[6].innerText)"
    points = f"{cells}.map(parseFloat)"
    total.click()
    assert window.evaluate(points) == sorted(window.evaluate(points), reverse=True)
    expect(header).to_have_attribute("aria-sort", "descending")
    total.focus()
    window.page.keyboard.press("Enter")
    assert window.evaluate(points) == sorted(window.evaluate(points))
    expect(header).to_have_attribute("aria-sort", "ascending")
    name = table.get_by_role("columnheader", name="Student", exact=True)
    assert name.get_attribute("aria-sort") is None


def test_the_heat_map_sorts_by_name(window: Browser) -> None:
    window.page.locator("#heat-lstm").get_by_role("button", name="Student").click()
    names = window.page.locator("#heat-lstm tbody th").all_inner_texts()
    assert names == sorted(names, key=str.casefold)
    assert len(names) > 10


def test_students_are_filtered_by_name_and_by_what_became_of_their_work(window: Browser) -> None:
    rows = window.page.locator("#class tbody tr:visible")
    everyone = rows.count()
    window.page.locator("#filter-class").fill("AN")
    names = window.page.locator("#class tbody tr:visible th").all_inner_texts()
    assert 0 < len(names) < everyone
    assert all("an" in n.lower() for n in names)
    expect(window.page.locator(".filter[data-table=class] output")).to_have_text(
        f"{len(names)} of {everyone}"
    )
    window.page.locator("#filter-class").fill("")
    for kind, told in (("missing", "missing"), ("late", "late")):
        window.page.locator("#kind-class").select_option(kind)
        texts = rows.all_inner_texts()
        assert 0 < len(texts) < everyone
        assert all(told in text for text in texts)
    window.page.locator("#kind-class").select_option("full")
    assert all("missing" not in text for text in rows.all_inner_texts())


def test_the_heat_map_is_filtered_too_and_says_each_outcome_in_words(window: Browser) -> None:
    heat = window.page.locator("#heat-rnn_unit")
    window.page.locator("#kind-rnn_unit").select_option("lost")
    assert "ada" not in heat.locator("tbody tr:visible th").all_inner_texts()
    window.page.locator("#filter-rnn_unit").fill("priya")
    assert heat.locator("tbody tr:visible").count() == 1
    cells = heat.locator("tbody tr:visible td[aria-label]")
    labels = [c.get_attribute("aria-label") for c in cells.all()]
    assert len(labels) == heat.locator("thead th.turned").count()
    assert set(labels) == {"passed", "failed"}


def test_links_lead_to_details_to_the_students_page_and_back(window: Browser) -> None:
    window.page.locator("#class").get_by_role("link", name="priya", exact=True).click()
    expect(window.page.get_by_role("heading", level=1)).to_have_text("priya in detail")
    expect(window.page.get_by_role("heading", level=1)).to_be_focused()
    window.page.get_by_role("link", name="What the student is told").click()
    expect(window.page.get_by_role("heading", level=1)).to_have_text("Results of priya")
    window.page.get_by_role("link", name="Class report").click()
    expect(window.page.locator("#class")).to_be_visible()
    window.page.locator(".late").get_by_role("link", name="farid").click()
    expect(window.page.get_by_role("heading", level=1)).to_have_text("farid in detail")
    window.page.go_back()
    expect(window.page.locator("#class")).to_be_visible()


def test_every_link_of_the_class_report_leads_somewhere(window: Browser, sample: Path) -> None:
    links = window.evaluate("[...new Set([...document.links].map(a => a.getAttribute('href')))]")
    assert len(links) > 60
    for target in {link.partition("#")[0] for link in links} - {""}:
        assert (sample / target).is_file()
    for page in ("detail.html", "student.html", "pairs.html"):
        window.open((sample / page).as_uri(), "document.querySelector('#choose:not([hidden])')")
        for link in [x for x in links if x.startswith(f"{page}#")]:
            window.evaluate(f"location.hash = {json.dumps(link.partition('#')[2])}")
            window.page.wait_for_function("document.querySelector('h1[tabindex]')")
            section = link.partition("/")[2]
            assert not section or window.page.locator(f"#{section}").count() == 1
            window.evaluate("document.querySelector('h1').removeAttribute('tabindex')")


def test_a_pair_is_seen_side_by_side(window: Browser) -> None:
    window.page.locator(".similar").get_by_role("link", name="Ada Byron and greta").click()
    sides = window.page.locator(".code")
    expect(sides).to_have_count(2)
    left, right = (s.bounding_box() for s in sides.all())
    assert left is not None
    assert right is not None
    assert left["x"] + left["width"] <= right["x"]
    assert sides.first.locator(".same").count() == 13


def test_the_students_page_shows_heat_maps_with_colours(window: Browser, sample: Path) -> None:
    address = f"{sample.as_uri()}/student.html#{file_of('priya')}"
    window.open(address, "document.querySelector('.map')")
    squares = "[...document.querySelectorAll('.map i')]"
    colour = "i => getComputedStyle(i).backgroundColor"
    colours = window.evaluate(f"new Set({squares}.map({colour})).size")
    assert colours >= 5
    assert "the slope of your forward is" in window.evaluate("document.body.innerText")


def test_paper_shows_everything(window: Browser, tmp_path: Path) -> None:
    window.page.emulate_media(media="print")
    window.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert window.page.locator(".filter:visible").count() == 0
    assert window.page.locator("details.more:not([open])").count() == 0
    boxes = "[...document.querySelectorAll('.scroll')].map(s => getComputedStyle(s).overflow)"
    assert set(window.evaluate(boxes)) == {"visible"}
    window.page.set_viewport_size({"width": 720, "height": 1000})  # A4 without its margins
    widths = "[...document.querySelectorAll('.heat')].map(t => t.offsetWidth)"
    assert max(window.evaluate(widths)) <= 720
    pdf = window.page.pdf(path=tmp_path / "report.pdf")
    assert pdf.startswith(b"%PDF")


def test_without_scripts_the_class_report_still_says_most(sample: Path, tmp_path: Path) -> None:
    with Browser(tmp_path / "profile", scripts=False) as w:
        w.page.goto((sample / "index.html").as_uri())
        assert w.page.locator("#class tbody tr").count() > 25
        assert w.page.locator(".mistakes tbody tr").count() > 10
        assert w.page.locator(".filter:visible").count() == 0
        assert w.page.get_by_text("This table needs JavaScript").count() > 0


def test_whoever_is_missing_from_everything_is_named(window: Browser) -> None:
    expect(window.page.get_by_text("Nothing at all (1): Nina Nobody")).to_be_visible()


def test_nothing_that_a_student_wrote_runs_or_is_fetched(hostile: Path, tmp_path: Path) -> None:
    with Browser(tmp_path / "profile") as w:
        for student in HOSTILE[:12]:
            for page in every_page(hostile, student):
                w.open(f"{hostile.as_uri()}/{page}", SHOWN)
                assert w.evaluate("document.title").startswith("1") is False
                assert w.evaluate("document.images.length + document.forms.length") == 0
        assert w.complaints == []
        assert w.requests == []


def test_the_report_of_500_students_and_5_exercises_has_at_most_2_megabytes(sample: Path) -> None:
    pages = big_class.report(sample.parent / "results", 500)
    assert sum(len(html.encode()) for html in pages.values()) <= big_class.MOST
    assert pages["index.html"].count("data-heat=") == 5
    assert pages["index.html"].count('<tr id="s-') == 500
