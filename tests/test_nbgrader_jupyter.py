"""A student's notebook in JupyterLab and in Jupyter Notebook, opened and run in Chromium."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import browser
import nbgrader_class as kit
import pytest

pytest.importorskip("jupyterlab", reason="JupyterLab is not installed")
pytest.importorskip("notebook", reason="Jupyter Notebook is not installed")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(browser.CHROMIUM is None, reason="there is no Chromium on this machine"),
]

SLUG = "rnn_unit"
BOOK = f"{SLUG}.ipynb"
APPS = {"JupyterLab": ("jupyterlab", "lab/tree"), "Notebook": ("notebook", "notebooks")}
"""By name: the module that is run, and where a notebook's page is."""

PANEL = (
    "[...jupyterapp.shell.widgets('main')]"
    ".find(w => w.content?.widgets && location.pathname.endsWith(w.context?.path))"
)
"""JavaScript for the notebook that the page's address names; others may be open beside it."""
READY = f"window.jupyterapp && {PANEL}?.content.widgets.length"
RUN_ALL = (
    f"(async () => {{ jupyterapp.shell.activateById({PANEL}.id);"
    f" await {PANEL}.sessionContext.ready; await"
    " jupyterapp.commands.execute('notebook:run-all-cells'); })()"
)


def look(check: str) -> str:
    """JavaScript that brings a check's cell into view and waits for what it shows: its text, and
    of the picture of the error what each square says and its colour. (What is not laid out yet has
    a text without lines.)"""
    return f"""(async () => {{
      const book = ({PANEL}).content, cell = () => book.widgets.findIndex(
        w => w.model.sharedModel.getSource().includes('check("{check}")'));
      const find = () => [...book.node.querySelectorAll('.jp-RenderedHTMLCommon > div')]
        .find(shown => shown.innerText.includes('· {check}\\n'));
      for (let n = 0; n < 600 && !find(); n++) {{
        if (n % 20 === 0 && cell() >= 0) {{
          book.activeCellIndex = cell();
          await book.scrollToItem(cell(), 'start');
        }}
        await new Promise(go => setTimeout(go, 50));
      }}
      const shown = find();
      shown.scrollIntoView();
      return [shown.innerText, [...shown.querySelectorAll('td[title]')].map(
        td => [td.title, getComputedStyle(td).backgroundColor])];
    }})()"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What a student has, with a known mistake in the solution's cell."""
    folder = tmp_path / "work"
    folder.mkdir()
    for name in ("examples.json", "probe.py"):
        shutil.copy(kit.ROOT / "assignments" / SLUG / name, folder)
    book = json.loads((kit.ROOT / "assignments" / SLUG / BOOK).read_text(encoding="utf-8"))
    source = (kit.ROOT / "solutions" / SLUG / f"{SLUG}.py").read_text(encoding="utf-8")
    kit.solution(book)["source"] = source.replace("dz = dh_next * (1 - h_next**2)", "dz = dh_next")
    kit.write(folder / BOOK, book)
    return folder


@pytest.fixture(params=APPS)
def app(request: pytest.FixtureRequest, folder: Path, tmp_path: Path) -> Iterator[str]:
    """The address at which notebooks are, on loopback. The server ends with the test."""
    module, place = APPS[request.param]
    env = {**os.environ, "HOME": str(tmp_path), "PYTHONWARNINGS": "ignore"}
    env["PATH"] = os.pathsep.join([str(kit.BIN), env["PATH"]])
    env |= {f"JUPYTER_{k}_DIR": str(tmp_path / k) for k in ("CONFIG", "RUNTIME", "DATA")}
    env["JUPYTERLAB_SETTINGS_DIR"] = str(tmp_path / "settings")
    quiet = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    (tmp_path / "CONFIG" / "labconfig").mkdir(parents=True)
    (tmp_path / "CONFIG" / "labconfig" / "page_config.json").write_text(json.dumps(quiet))
    command = [sys.executable, "-m", module, "--no-browser", "--ip=127.0.0.1", "--port=0"]
    command += ["--IdentityProvider.token=sesame", "--allow-root", "--expose-app-in-browser"]
    log = tmp_path / "log"
    with log.open("w") as said:  # not a pipe: it would fill up, and kernels would hold it open
        server = subprocess.Popen(
            command, cwd=folder, env=env, stdout=subprocess.DEVNULL, stderr=said
        )
    try:
        while (address := re.search(r"http://127\.0\.0\.1:\d+", log.read_text())) is None:
            assert server.poll() is None, "the server ended before it listened"
            time.sleep(0.05)
        yield f"{address[0]}/{place}"
    finally:
        server.terminate()
        server.wait(60)


def test_a_check_is_shown_with_points_diagnosis_hint_and_a_picture_of_the_error(
    app: str, folder: Path, tmp_path: Path
) -> None:
    worst = "dWx[1, 1] is -3.03965, should be -0.0082406"
    with browser.Browser(tmp_path / "profile") as window:
        window.open(f"{app}/{BOOK}?token=sesame", READY)
        window.evaluate(RUN_ALL)
        text, squares = window.evaluate(look("forward-value"))
        assert text.splitlines() == [
            "✓ Passed · 14 of 14 points · forward-value",
            "forward computes the next hidden state",
        ]
        assert squares == []
        text, squares = window.evaluate(look("grad-Wx"))
        for part in (
            "✗ Failed · 0 of 11 points · grad-Wx",
            worst,
            "Your dWx is what you get when the slope of tanh is left out.",
            "Hint: dh_next is the gradient at the output of the tanh.",
            "How far each entry of dWx is off",
        ):
            assert part in text
        assert len(squares) == 4 * 5
        assert squares[6] == [worst, "rgb(224, 82, 82)"]  # the fullest of all
        assert len({colour for _, colour in squares}) > 10
        if target := os.environ.get("SCREENSHOTS"):
            window.screenshot(Path(target) / f"{app.rpartition('/')[2]}.png")
        window.evaluate(f"{PANEL}.context.save()")
    # What is shown beside each cell is also what nbgrader reads of it.
    saved = json.loads((folder / BOOK).read_text(encoding="utf-8"))
    for cell in kit.tests(saved):
        assert re.fullmatch(r"\d+\.\d+", "".join(cell["outputs"][1]["data"]["text/plain"]))
    # A notebook that was not run here is not trusted, and Jupyter takes out what might do harm.
    saved["cells"].append(kit.code("1"))
    kit.write(folder / "copy.ipynb", saved)
    with browser.Browser(tmp_path / "other-profile") as window:
        window.open(f"{app}/copy.ipynb?token=sesame", READY)
        again = window.evaluate(look("grad-Wx"))
        assert again == [text, squares]
