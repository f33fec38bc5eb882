"""pytest over an exercise: each check is a test, and other projects notice nothing."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = (ROOT / "solutions" / "rnn_unit" / "rnn_unit.py").read_text("utf-8")
UNIT = "assignments/rnn_unit"
RUBRIC = f"{UNIT}/assignment.yaml"


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A pytest of its own, with the plugin as whoever installed this package has it."""
    if not any(e.module == "grader.pytest_plugin" for e in _plugins()):
        arguments = ("-p", "grader.pytest_plugin", *arguments)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--strict-markers"]
    return subprocess.run(
        [*command, *arguments],
        cwd=folder, env={**environment, "COLUMNS": "120"},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def _plugins() -> importlib.metadata.EntryPoints:
    return importlib.metadata.entry_points(group="pytest11")


@pytest.fixture(name="kit")
def _kit(tmp_path: Path) -> Path:
    """What a student has of one exercise, the file in it as it was given."""
    shutil.copy(ROOT / "course.yaml", tmp_path)
    (tmp_path / UNIT).mkdir(parents=True)
    for name in ("assignment.yaml", "examples.json", "probe.py", "rnn_unit.py"):
        shutil.copy(ROOT / UNIT / name, tmp_path / UNIT)
    return tmp_path


def write(kit: Path, *edits: tuple[str, str]) -> None:
    code = SOURCE
    for was, put in edits:
        assert was in code
        code = code.replace(was, put)
    (kit / UNIT / "rnn_unit.py").write_text(code, "utf-8")


def outcomes(ran: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """The word for each check, from the lines of pytest -v."""
    found = re.findall(rf"^{RUBRIC}::(\S+) ([A-Z]+)", ran.stdout, re.MULTILINE)
    return dict(found)


def ids() -> list[str]:
    text = (ROOT / RUBRIC).read_text("utf-8")
    return re.findall(r"^  - id: (\S+)$", text, re.MULTILINE)


def test_each_check_is_a_test_in_the_order_of_the_rubric_and_all_pass_for_right_code(kit: Path):
    write(kit)
    ran = run(kit, UNIT, "-v")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert list(outcomes(ran)) == ids()
    assert set(outcomes(ran).values()) == {"PASSED"}


def test_collecting_runs_nothing_of_the_students(kit: Path):
    (kit / UNIT / "rnn_unit.py").write_text("while True: pass\n")
    ran = run(kit, UNIT, "--collect-only", "-q")
    assert ran.returncode == 0
    assert [line for line in ran.stdout.splitlines() if "::" in line] == [
        f"{RUBRIC}::{name}" for name in ids()
    ]


def test_a_failure_is_what_the_student_is_told_and_no_traceback(kit: Path):
    write(kit, ("dz = dh_next * (1 - h_next**2)", "dz = dh_next"))
    ran = run(kit, UNIT, "-k", "grad-Wx or forward-shape", "-v")
    assert ran.returncode == 1
    assert outcomes(ran) == {"grad-Wx": "FAILED", "forward-shape": "PASSED"}
    text = (ROOT / RUBRIC).read_text("utf-8")
    line = text[: text.index("- id: grad-Wx")].count("\n") + 1
    for told in (
        "dWx is not right.\n",
        "dWx[1, 1] is -3.03965, should be -0.0082406",
        "→ Your dWx is what you get when the slope of tanh is left out.",
        "Hint: dh_next is the gradient at the output of the tanh.",
        f"{RUBRIC}:{line}: The gradient with respect to Wx (0 of 11 points)",
        f"FAILED {RUBRIC}::grad-Wx",
    ):
        assert told in ran.stdout
    assert "Traceback" not in ran.stdout
    assert "pytest_checks" not in ran.stdout


def test_what_follows_through_is_an_expected_failure_and_what_waits_is_skipped(kit: Path):
    write(
        kit,
        ("h_prev @ Wh + x @ Wx + b", "h_prev @ Wh + 1.3 * x @ Wx + b"),
        ("x.T @ dz", "1.3 * x.T @ dz"),
        ("dx = dz", "dx = 1.3 * dz"),
    )
    ran = run(kit, UNIT, "-v", "-rx")
    told = outcomes(ran)
    assert told["forward-value"] == "FAILED"
    assert {told[name] for name in told if name.startswith("grad-")} == {"XFAIL"}
    reason = "dWx is the true gradient of your own forward, which is not right."
    assert f"XFAIL {RUBRIC}::grad-Wx - {reason}" in ran.stdout
    write(kit, ("dx = dz @ Wx.T", "dx = dz @ nothing"))
    ran = run(kit, UNIT, "-v", "-rs")
    assert outcomes(ran)["in-place"] == "SKIPPED"
    assert "Judged once backward works." in ran.stdout
    assert "dx = dz @ nothing" in ran.stdout


def test_a_stub_fails_as_not_implemented_and_a_missing_file_in_one_sentence(kit: Path):
    ran = run(kit, UNIT, "-q")
    assert ran.returncode == 1
    assert f"{len(ids())} failed" in ran.stdout
    assert "Not implemented yet." in ran.stdout
    (kit / UNIT / "rnn_unit.py").unlink()
    ran = run(kit, UNIT, "-q", "-k", "grad-Wx")
    assert ran.returncode == 1
    assert "There is no file rnn_unit.py" in ran.stdout
    assert "Traceback" not in ran.stdout


def test_checks_are_chosen_by_kind_by_name_and_by_node(kit: Path):
    write(kit)
    gradients = [name for name in ids() if name.startswith("grad-")]
    assert list(outcomes(run(kit, UNIT, "-v", "-m", "gradient"))) == gradients
    assert list(outcomes(run(kit, ".", "-v", "-m", "cost"))) == ["by-formula", "cost"]
    assert list(outcomes(run(kit, f"{RUBRIC}::grad-b", "-v"))) == ["grad-b"]


def test_damaged_examples_are_an_error_of_collection_with_what_to_do(kit: Path):
    (kit / UNIT / "examples.json").write_text("{}")
    ran = run(kit, UNIT)
    assert ran.returncode == 2
    assert "examples.json is damaged" in ran.stdout
    assert "Traceback" not in ran.stdout


def test_a_file_of_that_name_in_another_project_is_not_ours(tmp_path: Path):
    for folder in (tmp_path, tmp_path / "assignments" / "one"):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "assignment.yaml").write_text("[not, ours")
    (tmp_path / "test_one.py").write_text("def test_one(): pass\n")
    ran = run(tmp_path, "-q")
    assert ran.returncode == 0, ran.stdout
    assert "1 passed" in ran.stdout


def test_a_run_without_an_exercise_loads_neither_the_grader_nor_numpy_nor_markers(tmp_path: Path):
    (tmp_path / "assignment.yaml").write_text("")
    (tmp_path / "test_loaded.py").write_text(
        "import sys\n\n\n"
        "def test_loaded(request):\n"
        "    ours = [m for m in sys.modules if m.partition('.')[0] == 'grader']\n"
        "    assert sorted(ours) == ['grader', 'grader.pytest_plugin']\n"
        "    assert not {'numpy', 'yaml', 'click', 'rich'} & sys.modules.keys()\n"
        "    assert not [m for m in request.config.getini('markers') if 'rnn-grader' in m]\n"
    )
    # Other plugins that happen to be installed here are no concern of ours.
    others = {e.name for e in _plugins() if not e.module.startswith("grader")}
    ran = run(tmp_path, "-q", *(f"-pno:{name}" for name in sorted(others)))
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_plugin_is_named_for_pytest_here_and_in_the_students_kit():
    for file in ("pyproject.toml", "grader/release/files/pyproject.toml.in"):
        told = tomllib.loads((ROOT / file).read_text("utf-8"))
        assert told["project"]["entry-points"]["pytest11"] == {"grader": "grader.pytest_plugin"}


def test_the_repositorys_own_tests_hold_no_exercise():
    told = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert told["tool"]["pytest"]["ini_options"]["testpaths"] == ["tests"]
    assert not list((ROOT / "tests").rglob("assignment.yaml"))
