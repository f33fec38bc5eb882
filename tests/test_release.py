"""The students' kit: what is in it, what never is, and that it works with what students have."""

from __future__ import annotations

import ast
import base64
import io
import json
import re
import subprocess
import sys
import tomllib
import venv
import zipfile
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from course_kit import COURSE, HIDDEN, MISTAKES, PROBE, SOURCE, Course, affine

import grader
from grader import build, exercise, release
from grader.cli import cli
from grader.course import load_course
from grader.errors import ConfigError, UsageError
from grader.model import Course as Loaded
from grader.release.modules import needed
from grader.verify import generated

ROOT = Path(__file__).parent.parent
PACKAGE = Path(grader.__file__).parent
STUDENTS = ("numpy", "click", "yaml", "rich")
THEIRS = ("markdown_it", "mdurl", "pygments")  # what rich brings along
NEVER = ("nbgrader", "pydantic", "jinja2", "jupytext", "nbformat")


@pytest.fixture(name="course")
def _course(tmp_path: Path) -> Course:
    return built(Course(tmp_path))


def built(course: Course) -> Course:
    loaded = course.load()
    for slug in loaded.slugs:
        build.write(
            course.path(f"assignments/{slug}"), generated(loaded, exercise.load(loaded, slug))
        )
    return course


def kit_of(loaded: Loaded) -> release.Kit:
    exercises = {slug: exercise.load(loaded, slug) for slug in loaded.slugs}
    made = {slug: generated(loaded, e) for slug, e in exercises.items()}
    return release.make(loaded, exercises, made)


@pytest.fixture(name="kit")
def _kit(course: Course) -> release.Kit:
    return kit_of(course.load())


def command(course: Course, out: Path) -> tuple[int, str]:
    ran = CliRunner().invoke(
        cli, ["release", "--out", str(out), "--course", str(course.root)], standalone_mode=False
    )
    if ran.exception is not None:
        raise ran.exception
    return ran.return_value, ran.output


# What is in it


def test_a_kit_has_the_exercises_the_grader_and_how_to_use_them(kit: release.Kit):
    outside = {p for p in kit.files if not p.startswith("grader/")}
    assert outside == {
        "LICENSE", "README.md", "course.yaml", "pyproject.toml",
        "assignments/affine/README.md", "assignments/affine/affine.ipynb",
        "assignments/affine/affine.py", "assignments/affine/assignment.yaml",
        "assignments/affine/examples.json", "assignments/affine/probe.py",
    }  # fmt: skip


def test_caches_and_hidden_files_stay_behind(course: Course):
    for stray in ("__pycache__/probe.pyc", ".ipynb_checkpoints/affine.ipynb", ".DS_Store"):
        course.write(f"assignments/affine/{stray}", b"x")
    assert not any("pyc" in p or "/." in p for p in kit_of(course.load()).files)


def test_the_readme_names_the_course_and_its_exercises(kit: release.Kit):
    text = kit.files["README.md"].decode()
    assert text.startswith("# A small course\n")
    assert "- [An affine map](assignments/affine/README.md) (`affine`)" in text
    assert "grader check affine" in text
    assert "python -m pip install ." in text
    assert not re.search(r"\$\w", text)


def test_students_install_what_the_grader_names_for_students(kit: release.Kit):
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    theirs = tomllib.loads(kit.files["pyproject.toml"].decode())
    assert theirs["build-system"] == ours["build-system"]
    assert theirs["tool"]["flit"]["module"] == ours["tool"]["flit"]["module"]
    for key in ("dependencies", "requires-python", "license", "license-files", "scripts"):
        assert theirs["project"][key] == ours["project"][key]
    assert kit.files["LICENSE"] == (ROOT / "LICENSE").read_bytes()


def test_course_yaml_keeps_what_concerns_students_and_nothing_else(course: Course):
    text = course.path(COURSE).read_text("utf-8")
    extra = "extensions: [{student: ada, days: 3}]\n# ada was ill\n"
    data = yaml.safe_load(release._course_file(course.write(COURSE, text).load()))
    assert data["assignments"] == [{"slug": "affine"}]
    course.write(COURSE, text + extra)
    stripped = release._course_file(Loaded(course.root, "x", "y", ("affine",)))
    assert yaml.safe_load(stripped) == data
    assert b"ada" not in stripped


def test_what_only_instructors_use_is_not_in_it(kit: release.Kit):
    modules = {p for p in kit.files if p.startswith("grader/") and p.endswith(".py")}
    for name in ("build", "course", "exercise", "schema", "source", "verify", "store", "batch"):
        assert f"grader/{name}.py" not in modules
    assert not any(p.startswith(("grader/report/", "grader/release/")) for p in modules)
    assert kit.files["grader/cli/author.py"] == release.LEFT_OUT
    assert kit.files["grader/cli/student.py"] == (PACKAGE / "cli/student.py").read_bytes()


def test_every_module_that_is_run_by_its_name_is_in_it():
    names = {m.name for m in needed(PACKAGE)}
    assert {"grader.sandbox.zygote", "grader.sandbox.solo", "grader.sandbox.child"} <= names


def test_data_of_a_package_comes_with_it(kit: release.Kit):
    assert kit.files["grader/messages/en.toml"] == (PACKAGE / "messages/en.toml").read_bytes()


def test_a_module_that_cannot_be_imported_with_what_students_have_is_left_out(tmp_path: Path):
    package = tmp_path / "grader"
    for path, text in {
        "__init__.py": "",
        "cli/__init__.py": "",
        "cli/student.py": "def f():\n    from grader import own, schema, far\n",
        "own.py": "import numpy\nfrom grader.lists import x\nNAME = 'grader.named'\n",
        "lists.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import pydantic\n",
        "named.py": "import yaml\n",
        "schema.py": "import pydantic\n",
        "far.py": "from grader import schema\n",
        "other.py": "",
    }.items():
        (package / path).parent.mkdir(parents=True, exist_ok=True)
        (package / path).write_text(text)
    assert [m.name for m in needed(package)] == [
        "grader", "grader.cli", "grader.cli.student", "grader.lists", "grader.named", "grader.own"
    ]  # fmt: skip


# What never is


def pieces(content: bytes, name: str) -> Iterator[str]:
    """Everything that can be read in a file: zip members, strings of JSON, base64."""
    if name.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.namelist():
                yield member
                yield from pieces(archive.read(member), member)
        return
    text = content.decode()
    yield text
    if name.endswith((".json", ".ipynb")):
        for found in re.findall(r'"((?:[^"\\]|\\.)*)"', text):
            yield json.loads(f'"{found}"')
    for found in re.findall(r"[A-Za-z0-9+/]{40,}={0,2}", text):
        try:
            yield base64.b64decode(found + "=" * (-len(found) % 4)).decode(errors="ignore")
        except ValueError:
            continue


def solution_lines(text: str) -> Iterator[str]:
    inside = False
    for line in text.splitlines():
        if "### " in line and "SOLUTION" in line:
            inside = "BEGIN" in line
        elif inside:
            yield line.partition("  #")[0].strip()


def _long(texts: Iterable[str]) -> Iterator[str]:
    """Those that do not stand somewhere by chance, or to warn of them."""
    return (text.strip() for text in texts if len(text.strip()) >= 20)


def secrets_of(root: Path, slug: str) -> set[str]:
    """Read here by other means than in the code under test."""
    solutions = root / "solutions" / slug
    source = (solutions / f"{slug}.py").read_text("utf-8")
    stub = (root / "assignments" / slug / f"{slug}.py").read_text("utf-8")
    hidden = yaml.safe_load((solutions / "hidden.yaml").read_text("utf-8"))["cases"]
    mistakes = yaml.safe_load((solutions / "mistakes.yaml").read_text("utf-8"))["mistakes"]
    found = {line for line in solution_lines(source) if re.search(r" [-+*/@]=? |np\.|axis=", line)}
    found |= {c["why"] for c in hidden} | {f"{c['id']}, why" for c in hidden}
    rubric = (root / "assignments" / slug / "assignment.yaml").read_text("utf-8")
    found |= {c["id"] for c in hidden if "-" in c["id"] and c["id"] not in rubric}
    for m in mistakes:
        found |= {m["hint"].strip(), m["when"], *_long(e["with"] for e in m["edits"])}
        found |= {m["name"]} if "-" in m["name"] else set()
    rubrics = [p.read_text("utf-8") for p in root.glob("assignments/*/assignment.yaml")]
    ids = {c["id"] for rubric in rubrics for c in yaml.safe_load(rubric)["checks"]}
    return {s for s in found - ids if len(s) >= 10 and s not in stub}


def test_nothing_of_a_solution_is_in_any_byte_of_it(course: Course, tmp_path: Path):
    command(course, tmp_path / "kit.zip")
    text = "\n".join(pieces((tmp_path / "kit.zip").read_bytes(), "kit.zip"))
    known = secrets_of(course.root, "affine")
    assert {"dW = x.T @ dy", "return x @ W + b", "weights-averaged"} <= known
    assert [s for s in known if s in text] == []
    with zipfile.ZipFile(tmp_path / "kit.zip") as archive:
        for name in archive.namelist():
            assert not re.search(r"solution|hidden|mistake|proof|accepted|secret", name)


def test_nothing_of_this_courses_solutions_would_be_released(tmp_path: Path):
    loaded = load_course(ROOT)
    release.write(kit_of(loaded), tmp_path / "kit.zip")
    text = "\n".join(pieces((tmp_path / "kit.zip").read_bytes(), "kit.zip"))
    for slug in loaded.slugs:
        known = secrets_of(ROOT, slug)
        assert len(known) > 50
        assert [s for s in known if s in text] == []


def test_where_the_answer_is_in_a_file_for_students_nothing_is_released(course: Course):
    course.edit(PROBE, '"""How affine is exercised."""', '"""dW = x.T   @ dy"""')
    built(course)
    with pytest.raises(ConfigError) as caught:
        kit_of(course.load())
    line = course.path(SOURCE).read_text("utf-8").splitlines().index("    dW = x.T @ dy") + 1
    assert str(caught.value) == (
        "solutions/affine: In the kit, assignments/affine/probe.py holds "
        f"line {line} of solutions/affine/affine.py. Take it out of there."
    )


def test_a_hint_of_a_mistake_or_a_hidden_case_in_a_handout_is_seen(course: Course):
    hint, why = "Raise b a little. Does y rise or fall?", "Three different sizes."
    assert hint in course.path(MISTAKES).read_text("utf-8")
    assert why in course.path(HIDDEN).read_text("utf-8")
    course.edit(SOURCE, "# Multiply by a matrix", f"# {hint} {why}\n# Multiply by a matrix")
    built(course)
    with pytest.raises(ConfigError) as caught:
        kit_of(course.load())
    said = "\n".join(str(p) for p in caught.value.problems)
    assert "README.md holds the hint of mistake upstream-negated of affine" in said
    assert "affine.ipynb holds why a hidden case of affine is there" in said


def test_what_was_not_built_is_not_released(course: Course, tmp_path: Path):
    course.edit("assignments/affine/README.md", "# An affine map", "# A map")
    with pytest.raises(UsageError) as caught:
        command(course, tmp_path / "kit")
    assert str(caught.value) == (
        "assignments/affine/README.md:1 is not what the source gives. "
        "Change the source, not this file, and run `grader build`.\nNothing was released."
    )
    assert not (tmp_path / "kit").exists()


# Where it is put


def test_a_zip_is_the_same_bytes_each_time(course: Course, tmp_path: Path):
    assert command(course, tmp_path / "one.zip")[0] == 0
    assert command(course, tmp_path / "two.zip")[0] == 0
    first = (tmp_path / "one.zip").read_bytes()
    assert first == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        names = archive.namelist()
        assert names == sorted(names)
        assert {n.partition("/")[0] for n in names} == {"a-small-course"}
        assert {i.date_time for i in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_folder_and_a_zip_hold_the_same(course: Course, tmp_path: Path):
    code, output = command(course, tmp_path / "out" / "kit")
    command(course, tmp_path / "kit.zip")
    folder = {
        p.relative_to(tmp_path / "out" / "kit").as_posix(): p.read_bytes()
        for p in (tmp_path / "out" / "kit").rglob("*")
        if p.is_file()
    }
    with zipfile.ZipFile(tmp_path / "kit.zip") as archive:
        zipped = {n.partition("/")[2]: archive.read(n) for n in archive.namelist()}
    assert folder == zipped
    assert code == 0
    assert f"a kit of {len(folder)} files, 1 exercises" in output


def test_an_earlier_kit_is_replaced_and_what_is_not_of_it_is_left_alone(
    kit: release.Kit, tmp_path: Path
):
    out = tmp_path / "kit"
    old = {**kit.files, "grader/gone.py": b"", "README.md": b"# Old\n"}
    release.write(release.Kit(kit.name, old), out)
    (out / "notes.txt").write_text("mine")
    release.write(kit, out)
    assert not (out / "grader/gone.py").exists()
    assert (out / "README.md").read_bytes() == kit.files["README.md"]
    assert (out / "notes.txt").read_text() == "mine"


def test_a_folder_that_is_no_kit_is_left_alone(kit: release.Kit, tmp_path: Path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"is not empty and is no kit\. Choose another place"):
        release.write(kit, tmp_path)
    (tmp_path / release.MANIFEST).write_text('{"schema": 1, "files": {"../../x": "0"}}')
    with pytest.raises(UsageError, match="is no kit"):
        release.write(kit, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_file()) == ["kit.json", "notes.txt"]


def test_work_in_a_kit_is_never_overwritten(kit: release.Kit, tmp_path: Path):
    out = tmp_path / "kit"
    release.write(kit, out)
    (out / "assignments/affine/affine.py").write_text("# my work\n")
    with pytest.raises(UsageError, match=r"affine\.py was changed after the kit was made"):
        release.write(kit, out)
    assert (out / "assignments/affine/affine.py").read_text() == "# my work\n"


def test_a_file_in_the_way_is_left_alone(kit: release.Kit, tmp_path: Path):
    out = tmp_path / "kit"
    release.write(release.Kit(kit.name, {"README.md": b"# Old\n"}), out)
    (out / "LICENSE").write_text("mine")
    with pytest.raises(UsageError, match=r"LICENSE is in the way and not of the kit"):
        release.write(kit, out)
    assert (out / "README.md").read_bytes() == b"# Old\n"


def test_a_zip_that_is_no_kit_is_left_alone(kit: release.Kit, tmp_path: Path):
    out = tmp_path / "kit.zip"
    out.write_bytes(b"mine")
    with pytest.raises(UsageError, match=r"is there and is no kit"):
        release.write(kit, out)
    assert out.read_bytes() == b"mine"
    out.unlink()
    assert release.write(kit, out) == release.write(kit, out)


def test_a_folder_is_not_put_where_a_file_is(kit: release.Kit, tmp_path: Path):
    (tmp_path / "kit").write_text("mine")
    with pytest.raises(UsageError, match=r"is a file\. Name a folder"):
        release.write(kit, tmp_path / "kit")


# That it works


def packages_beside(name: str) -> Iterator[Path]:
    """A package as it is installed here, and its libraries."""
    spec = find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent
    yield folder
    if (folder.parent / f"{name}.libs").is_dir():
        yield folder.parent / f"{name}.libs"


@pytest.fixture(name="python", scope="module")
def _python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has nothing but what students install."""
    place = tmp_path_factory.mktemp("students") / "venv"
    venv.create(place, with_pip=False, symlinks=True)
    (site,) = place.glob("lib/python*/site-packages")
    for name in (*STUDENTS, *THEIRS):
        for folder in packages_beside(name):
            (site / folder.name).symlink_to(folder)
    return place / "bin" / "python"


RUN = """\
import sys

class Watch:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {never}:
            raise SystemExit(f"{{name}} was asked for")

sys.meta_path.insert(0, Watch())
sys.path.insert(0, {kit!r})
sys.argv = ["grader", *{arguments!r}]
import grader
assert grader.__file__.startswith({kit!r})
from grader.cli import main
main()
"""


def run(python: Path, kit: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    code = RUN.format(never=set(NEVER), kit=str(kit), arguments=arguments)
    return subprocess.run(
        [python, "-I", "-c", code], cwd=kit, capture_output=True, text=True, check=False
    )


def test_a_kit_checks_work_with_nothing_but_what_students_have(
    course: Course, python: Path, tmp_path: Path
):
    kit = tmp_path / "elsewhere"
    command(course, kit)
    stub = run(python, kit, "check", "affine")
    assert (stub.returncode, stub.stderr) == (1, "")
    assert "Nothing is implemented yet. Open affine.py" in stub.stdout
    work = kit / "assignments/affine/affine.py"
    work.write_text(affine())
    right = run(python, kit, "check", "affine")
    assert (right.returncode, right.stderr) == (0, "")
    assert "100 of 100 points" in right.stdout
    work.write_text(affine(dx="-dy @ W.T", dW="-x.T @ dy", db="-dy.sum(axis=0)"))
    told = json.loads(run(python, kit, "check", "--json").stdout)
    failed = {c["id"]: c for c in told["results"][0]["checks"] if c["points"] < c["max_points"]}
    assert set(failed) == {"grad-x", "grad-W", "grad-b"}
    assert "every gradient has the wrong sign" in json.dumps(failed["grad-W"]["diagnosis"])


def test_whatever_goes_wrong_in_a_kit_is_said_in_words(
    course: Course, python: Path, tmp_path: Path
):
    kit = tmp_path / "elsewhere"
    command(course, kit)
    for code in ("import os\nos.fork()\n", "def forward(:\n", "import nothing\n", "\0"):
        (kit / "assignments/affine/affine.py").write_text(code)
        ran = run(python, kit, "check", "affine")
        assert (ran.returncode, ran.stderr) == (1, ""), code
    (kit / "assignments/affine/examples.json").write_text("{}")
    damaged = run(python, kit, "check", "affine")
    assert damaged.returncode == 2
    assert "the file is damaged" in damaged.stderr
    assert run(python, kit, "check", "nothing").returncode == 2


def test_a_kit_has_a_students_commands_alone(course: Course, python: Path, tmp_path: Path):
    command(course, tmp_path / "kit")
    ran = run(python, tmp_path / "kit", "--help")
    assert ran.returncode == 0
    listed = re.findall(r"^  (\w+)  ", ran.stdout.partition("Commands:")[2], re.MULTILINE)
    assert "check" in listed
    assert not {"grade", "verify", "build", "release", "new"} & set(listed)
    assert run(python, tmp_path / "kit", "grade", ".").returncode == 2


def test_this_courses_kit_checks_its_own_exercises(python: Path, tmp_path: Path):
    loaded = Loaded(ROOT, "course", "Course", ("rnn_unit",))
    release.write(kit_of(loaded), tmp_path / "kit")
    reference = (ROOT / "solutions/rnn_unit/rnn_unit.py").read_text("utf-8")
    work = tmp_path / "rnn_unit" / "rnn_unit.py"
    work.parent.mkdir()
    work.write_text(reference.replace("(1 - h_next**2)", "(1 - h_next)"))
    ran = run(python, tmp_path / "kit", "check", str(work))
    assert (ran.returncode, ran.stderr) == (1, "")
    assert "(1 - h) stands where the slope of tanh belongs" in ran.stdout


def test_a_kit_can_be_installed(course: Course, tmp_path: Path):
    pytest.importorskip("flit_core")
    kit = tmp_path / "kit"
    command(course, kit)
    build_wheel = "import sys, flit_core.buildapi as b; print(b.build_wheel(sys.argv[1]))"
    ran = subprocess.run(
        [sys.executable, "-c", build_wheel, tmp_path],
        cwd=kit, capture_output=True, text=True, check=True,
    )  # fmt: skip
    name = ran.stdout.strip()
    assert name.startswith("rnn_grader_kit-")
    with zipfile.ZipFile(tmp_path / name) as wheel:
        installed = {n for n in wheel.namelist() if n.startswith("grader/")}
        (points,) = [n for n in wheel.namelist() if n.endswith("/entry_points.txt")]
        assert b"grader=grader.cli:main" in wheel.read(points)
    assert installed == {
        p.relative_to(kit).as_posix() for p in (kit / "grader").rglob("*") if p.is_file()
    }


def test_every_import_in_a_kit_is_found_in_it_or_installed(kit: release.Kit):
    """What is imported as a module loads; what a function imports may be the instructors' part."""
    modules = {p.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for p in kit.files}
    for path, content in kit.files.items():
        if path.startswith("grader/") and path.endswith(".py"):
            for node in ast.parse(content).body:
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("grader"):
                    assert node.module in modules, path
