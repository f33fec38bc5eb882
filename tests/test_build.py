"""What `grader build` makes of a source, and how it sees that files are no longer like that."""

from __future__ import annotations

import ast
import base64
import json
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import nbformat
import pytest

from grader.build import AUTHORED, Drift, check, generate, write
from grader.errors import ConfigError
from grader.model import Assignment, Check
from grader.source import Source, parse

SOURCE = '''\
# %% [markdown]
# # Twice
#
# Write $2x$ – twice.

# %%
"""Twice and half."""

# %%
import numpy as np

# %% [markdown]
# ## Doubling


# %%
class Twice:
    def forward(self, x):
        ### BEGIN SOLUTION
        return 2 * x
        ### END SOLUTION

    def backward(self, dy):
        ### BEGIN SOLUTION
        return 2 * dy
        ### END SOLUTION


# %%
def half(x):
    ### BEGIN SOLUTION
    return np.divide(x, 2)
    ### END SOLUTION
'''

TWICE = Assignment(
    slug="twice",
    title="Twice",
    module="twice",
    checks=(
        Check("forward", "forward doubles", "matches", Fraction(12)),
        Check("grad", "The gradient of |x|", "gradient", Fraction(5, 2), hint="Lead."),
        Check("third", "A third", "shaped", Fraction(1, 3)),
        Check("essay", "Why it works", "manual", Fraction(5)),
    ),
)

EXAMPLES = b'{"schema": 1}\n'

GRAPH = """\
# ```graph name: doubling; alt: x times 2 is y.
# x -> twice "× 2" -> y
# ```
"""


@pytest.fixture(name="source")
def _source() -> Source:
    return parse(SOURCE, Path("solutions/twice/twice.py"))


@pytest.fixture(name="files")
def _files(source: Source) -> dict[str, bytes]:
    return generate(TWICE, source, EXAMPLES)


@pytest.fixture(name="notebook")
def _notebook(files: dict[str, bytes]) -> Any:
    return nbformat.reads(files["twice.ipynb"].decode(), as_version=4)


def by_grade_id(notebook: Any) -> dict[str, Any]:
    return {c.metadata.nbgrader.grade_id: c for c in notebook.cells}


def test_four_files_are_generated_and_all_end_with_one_line_end(files: dict[str, bytes]):
    assert sorted(files) == ["README.md", "examples.json", "twice.ipynb", "twice.py"]
    assert files["examples.json"] == EXAMPLES
    for content in files.values():
        assert content.endswith(b"\n")
        assert not content.endswith(b"\n\n")


def test_no_generated_file_holds_a_line_of_a_solution(files: dict[str, bytes]):
    for content in files.values():
        assert b"2 * " not in content
        assert b"np.divide" not in content
        assert b"SOLUTION" not in content


def test_the_stub_says_where_the_task_is_and_how_to_check(files: dict[str, bytes]):
    text = files["twice.py"].decode()
    assert ast.get_docstring(ast.parse(text)) == "Twice and half."
    head = text[: text.index('"""')]
    assert "README.md" in head
    assert "grader check twice" in head


def test_the_readme_is_the_handout_and_what_is_graded(files: dict[str, bytes]):
    assert (
        files["README.md"].decode()
        == r"""# Twice

Write $2x$ – twice.

## Doubling

## What is graded

| check | points |
| --- | ---: |
| forward doubles | 12 |
| The gradient of \|x\| | 2.5 |
| A third | 1/3 |
| Why it works (graded by a person) | 5 |
| **Total** | **119/6** |
"""
    )


def test_hints_are_for_those_who_fail_and_stand_in_no_file(files: dict[str, bytes]):
    assert not any(b"Lead." in content for content in files.values())


def test_a_module_that_would_overwrite_a_file_written_by_hand_is_an_error(source: Source):
    with pytest.raises(
        ConfigError, match=r"`probe\.py` is written by hand\. Choose another name\."
    ):
        generate(replace(TWICE, module="probe"), source, EXAMPLES)


def test_the_notebook_is_valid_and_jupyter_would_write_the_same_bytes(
    files: dict[str, bytes], notebook: Any
):
    nbformat.validate(notebook)
    assert (nbformat.writes(notebook) + "\n").encode() == files["twice.ipynb"]


def test_the_notebook_has_the_cells_of_the_source_then_questions_then_checks(notebook: Any):
    assert [(c.cell_type, c.metadata.nbgrader.grade_id) for c in notebook.cells] == [
        ("markdown", "handout"),
        ("code", "given"),
        ("markdown", "handout-2"),
        ("code", "solution-Twice"),
        ("code", "solution-half"),
        ("markdown", "question"),
        ("markdown", "essay"),
        ("markdown", "graded"),
        ("markdown", "check"),
        ("code", "forward"),
        ("code", "grad"),
        ("code", "third"),
    ]
    assert "grader check twice.ipynb" in by_grade_id(notebook)["check"].source


def test_each_check_has_a_cell_that_runs_it_and_is_worth_its_points(notebook: Any):
    cells = by_grade_id(notebook)
    assert cells["grad"].source == 'from grader.notebook import check\n\ncheck("grad")'
    points = {c.id: cells[c.id].metadata.nbgrader.points for c in TWICE.checks}
    assert points == {"forward": 12, "grad": 2.5, "third": float(Fraction(1, 3)), "essay": 5}
    assert not any("points" in c.metadata.nbgrader for n, c in cells.items() if n not in points)


def test_what_a_person_judges_is_an_answer_to_write_below_its_question(notebook: Any):
    cells = by_grade_id(notebook)
    assert cells["question"].source == "### Why it works"
    assert cells["essay"].source == "YOUR ANSWER HERE"
    about = cells["essay"].metadata.nbgrader
    assert (about.grade, about.solution, about.locked) == (True, True, False)


def test_a_check_keeps_its_name_and_a_cell_of_the_same_name_gets_another(source: Source):
    checks = [Check(name, name, "matches", Fraction(1)) for name in ("given", "graded", "check")]
    made = generate(replace(TWICE, checks=tuple(checks)), source, EXAMPLES)["twice.ipynb"]
    cells = by_grade_id(nbformat.reads(made.decode(), as_version=4))
    assert {"given", "given-2", "graded", "graded-2", "check", "check-2"} <= cells.keys()
    assert all(cells[c.id].metadata.nbgrader.grade for c in checks)
    assert len(cells) == len(json.loads(made)["cells"])


def test_what_is_to_be_written_can_be_written_in_and_all_else_is_read_only(notebook: Any):
    for name, cell in by_grade_id(notebook).items():
        solution = name.startswith("solution-") or name == "essay"
        graded = name in {c.id for c in TWICE.checks}
        about = {k: v for k, v in cell.metadata.nbgrader.items() if k != "points"}
        assert about == {
            "grade": graded,
            "grade_id": name,
            "locked": not solution,
            "schema_version": 3,
            "solution": solution,
            "task": False,
        }
        assert cell.metadata.deletable is False
        assert cell.metadata.get("editable", True) is solution


def test_the_notebook_has_no_outputs_and_counts_no_runs(notebook: Any):
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


def test_cell_ids_are_the_same_each_time_and_differ_between_cells_and_assignments(
    source: Source, files: dict[str, bytes], notebook: Any
):
    assert generate(TWICE, source, EXAMPLES) == files
    other = generate(replace(TWICE, slug="other"), source, EXAMPLES)["other.ipynb"]
    ids = [c.id for c in notebook.cells] + [c["id"] for c in json.loads(other)["cells"]]
    assert len(set(ids)) == len(ids)


def test_an_inserted_cell_leaves_the_ids_of_solution_cells_as_they_were(notebook: Any):
    more = SOURCE.replace(
        "# ## Doubling", "# ## Doubling\n\n# %%\nimport math\n\n# %% [markdown]\n# ."
    )
    made = generate(TWICE, parse(more, Path("twice.py")), EXAMPLES)["twice.ipynb"]
    now = by_grade_id(nbformat.reads(made.decode(), as_version=4))
    for name in ("solution-Twice", "solution-half"):
        assert now[name].id == by_grade_id(notebook)[name].id


def test_the_code_cells_run_together_as_the_stub_does(notebook: Any):
    names: dict[str, Any] = {}
    for cell in notebook.cells:
        if cell.cell_type == "code" and not cell.metadata.nbgrader.grade:
            exec(cell.source, names)
    with pytest.raises(NotImplementedError, match=r"^Twice\.forward is not implemented yet$"):
        names["Twice"]().forward(1)
    with pytest.raises(NotImplementedError, match=r"^half is not implemented yet$"):
        names["half"](1)


def test_nbgrader_accepts_the_notebook(notebook: Any):
    validator = pytest.importorskip("nbgrader.nbgraderformat.v3").MetadataValidatorV3()
    validator.validate_nb(notebook)


def test_nbgrader_finds_no_cell_twice_or_without_its_points(notebook: Any):
    preprocessors = pytest.importorskip("nbgrader.preprocessors")
    preprocessors.CheckCellMetadata().preprocess(notebook, {})


def test_nbgrader_clears_the_source_to_the_same_notebook(source: Source, notebook: Any):
    # An instructor's notebook, solutions and markers in it, is what nbgrader expects to be given.
    clearing = pytest.importorskip("nbgrader.preprocessors.clearsolutions")
    given = nbformat.from_dict(notebook)
    with_regions = iter([c for c in source.code if c.regions])
    for cell in given.cells:
        if cell.metadata.nbgrader.solution and not cell.metadata.nbgrader.grade:
            cell.source = next(with_regions).text
    cleared, _ = clearing.ClearSolutions().preprocess(given, {})
    for ours, theirs in zip(notebook.cells, cleared.cells, strict=True):
        for name in ("Twice.forward", "Twice.backward", "half"):
            ours.source = ours.source.replace(f'"{name} is not implemented yet"', "")
        assert ours == theirs


def test_nbgrader_locks_the_same_cells(notebook: Any):
    locking = pytest.importorskip("nbgrader.preprocessors.lockcells")
    before = nbformat.writes(notebook)
    locked, _ = locking.LockCells().preprocess(notebook, {})
    assert nbformat.writes(locked) == before


def test_what_was_written_does_not_differ_and_is_not_written_again(
    tmp_path: Path, files: dict[str, bytes]
):
    assert write(tmp_path / "twice", files) == tuple(files)
    assert check(tmp_path / "twice", files) == ()
    assert write(tmp_path / "twice", files) == ()


def test_every_drift_is_found_and_says_what_to_do(tmp_path: Path, files: dict[str, bytes]):
    write(tmp_path, files)
    (tmp_path / "README.md").unlink()
    (tmp_path / "twice.py").write_bytes(files["twice.py"].replace(b"Twice:", b"Thrice:"))
    (tmp_path / "notes" / "old").mkdir(parents=True)
    (tmp_path / "notes" / "old" / "todo.txt").write_text("later")
    line = files["twice.py"].split(b"\n").index(b"class Twice:") + 1
    assert [str(d) for d in check(tmp_path, files)] == [
        "README.md is missing. Run `grader build`.",
        "notes/old/todo.txt is neither written by hand nor generated. Move it elsewhere.",
        f"twice.py:{line} is not what the source gives. "
        "Change the source, not this file, and run `grader build`.",
    ]


def test_a_line_end_is_a_drift(tmp_path: Path, files: dict[str, bytes]):
    write(tmp_path, files)
    (tmp_path / "examples.json").write_bytes(EXAMPLES.rstrip())
    assert check(tmp_path, files) == (Drift("examples.json", "different", 2),)
    (tmp_path / "examples.json").write_bytes(EXAMPLES.replace(b"\n", b"\r\n"))
    assert check(tmp_path, files) == (Drift("examples.json", "different", 1),)


def test_files_written_by_hand_caches_and_hidden_files_are_no_drift(
    tmp_path: Path, files: dict[str, bytes]
):
    write(tmp_path, files)
    ours = [*AUTHORED, "__pycache__/probe.pyc", ".ipynb_checkpoints/twice.ipynb", ".DS_Store"]
    write(tmp_path, dict.fromkeys(ours, b"x"))
    assert check(tmp_path, files) == ()


def test_a_folder_that_does_not_exist_lacks_every_file(tmp_path: Path, files: dict[str, bytes]):
    drift = check(tmp_path / "nowhere", files)
    assert [(d.path, d.kind) for d in drift] == [(path, "missing") for path in sorted(files)]


@pytest.fixture(name="drawn")
def _drawn() -> dict[str, bytes]:
    text = SOURCE.replace("# ## Doubling\n", f"# ## Doubling\n#\n{GRAPH}#\n# That is it.\n")
    return generate(TWICE, parse(text, Path("solutions/twice/twice.py")), EXAMPLES)


def test_a_graph_is_one_more_file_and_stands_in_the_handout_as_a_picture(
    files: dict[str, bytes], drawn: dict[str, bytes]
):
    assert set(drawn) - set(files) == {"doubling.svg"}
    assert drawn["doubling.svg"].startswith(b"<svg ")
    readme = drawn["README.md"].decode()
    assert "## Doubling\n\n![x times 2 is y.](doubling.svg)\n\nThat is it.\n" in readme
    assert "```graph" not in readme


def test_a_graph_leaves_the_stub_as_it_was(files: dict[str, bytes], drawn: dict[str, bytes]):
    assert drawn["twice.py"] == files["twice.py"]


def test_the_notebook_brings_its_pictures_along(drawn: dict[str, bytes]):
    notebook = nbformat.reads(drawn["twice.ipynb"].decode(), as_version=4)
    nbformat.validate(notebook)
    assert (nbformat.writes(notebook) + "\n").encode() == drawn["twice.ipynb"]
    text = by_grade_id(notebook)["handout-2"].source
    found = re.search(r'<img alt="x times 2 is y\." src="data:image/svg\+xml;base64,(.*)">', text)
    assert found is not None
    assert base64.b64decode(found[1]) == drawn["doubling.svg"]
    assert "doubling.svg" not in text


def test_the_picture_is_shown_where_notebooks_are_made_into_pages(drawn: dict[str, bytes]):
    exporter = pytest.importorskip("nbconvert").HTMLExporter(template_name="lab")
    notebook = nbformat.reads(drawn["twice.ipynb"].decode(), as_version=4)
    page, _ = exporter.from_notebook_node(notebook)
    data = base64.b64encode(drawn["doubling.svg"]).decode()
    assert f'src="data:image/svg+xml;base64,{data}"' in page


def test_a_picture_that_was_changed_or_is_no_longer_drawn_is_a_drift(
    tmp_path: Path, files: dict[str, bytes], drawn: dict[str, bytes]
):
    write(tmp_path, drawn)
    assert check(tmp_path, drawn) == ()
    assert check(tmp_path, {**drawn, "README.md": drawn["README.md"]}) == ()
    (tmp_path / "doubling.svg").write_bytes(drawn["doubling.svg"].replace(b"#", b"##", 1))
    (drift,) = check(tmp_path, drawn)
    assert (drift.path, drift.kind) == ("doubling.svg", "different")
    write(tmp_path, files)
    assert [str(d) for d in check(tmp_path, files)] == [
        "doubling.svg is neither written by hand nor generated. Move it elsewhere."
    ]


def test_a_graph_that_cannot_be_drawn_is_an_error_with_its_place():
    text = SOURCE.replace("# ## Doubling\n", GRAPH.replace("->", "=>", 1))
    line = text.split("\n").index('# x => twice "× 2" -> y') + 1
    with pytest.raises(ConfigError) as caught:
        generate(TWICE, parse(text, Path("solutions/twice/twice.py")), EXAMPLES)
    assert str(caught.value).startswith(f"solutions/twice/twice.py:{line}:5: `=` is unknown here.")
