"""The files for CI that a course copies: valid, pinned, with no more rights than they need.

And the instructor's side from end to end: whatever a student changes in a repository of their own,
the marks are those of the file that they were to hand in.
"""

from __future__ import annotations

import http.server
import importlib.util
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from course_kit import SLUG, Course, affine
from golden.kit import COMMAND, Ran, built, command, grader, place

ROOT = Path(__file__).resolve().parent.parent
ACTION = ROOT / "action.yml"
GITHUB = sorted((ROOT / "examples" / "ci" / "github").glob("*.yml"))
GITLAB = sorted((ROOT / "examples" / "ci" / "gitlab").glob("*.yml"))
FETCH = ROOT / "examples" / "ci" / "fetch_students.py"

WRONG = affine(dW="-x.T @ dy")


def tool(name: str) -> Path:
    """A command of the environment that the tests run in."""
    path = Path(sys.executable).with_name(name)
    if not path.exists():
        pytest.skip(f"{name} is not installed")
    return path


def read(path: Path) -> Any:
    return yaml.load(path.read_text("utf-8"), yaml.BaseLoader)


# The files


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("vendor.github-workflows", GITHUB),
        ("vendor.github-actions", [ACTION]),
        ("vendor.gitlab-ci", GITLAB),
    ],
)
def test_the_files_are_what_their_system_reads(schema: str, files: list[Path]) -> None:
    assert files
    ran = subprocess.run(
        [tool("check-jsonschema"), "--builtin-schema", schema, *files],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout


def test_a_linter_for_their_security_finds_nothing() -> None:
    """zizmor: injection of expressions, credentials that stay, unpinned actions, wide rights."""
    ran = subprocess.run(
        [tool("zizmor"), "--offline", "--persona=pedantic", "--format=json", ACTION, *GITHUB],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ran.returncode, json.loads(ran.stdout)) == (0, [])


def test_every_action_is_named_by_a_commit() -> None:
    for path in (ACTION, *GITHUB):
        used = re.findall(r"uses: *(\S+)(.*)", re.sub(r"(?m)^\s*#.*", "", path.read_text("utf-8")))
        assert used
        for name, comment in used:
            assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", name), path
            assert re.search(r"# v\d+\.\d+\.\d+$", comment), "says which release that is"


@pytest.mark.parametrize("path", GITHUB, ids=lambda p: p.stem)
def test_workflows_may_read_and_nothing_else(path: Path) -> None:
    workflow = read(path)
    jobs = workflow["jobs"].values()
    granted = [workflow["permissions"], *(job.get("permissions", {}) for job in jobs)]
    assert all(rights in ({}, {"contents": "read"}) for rights in granted)
    for job in jobs:
        for step in job["steps"]:
            if "actions/checkout" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] == "false"


def test_nothing_a_student_does_starts_the_instructors_workflow() -> None:
    on = read(ROOT / "examples/ci/github/grade.yml")["on"]
    assert set(on) == {"schedule", "workflow_dispatch"}
    assert set(read(ROOT / "examples/ci/github/student.yml")["on"]) == {"push", "pull_request"}
    rules = read(ROOT / "examples/ci/gitlab/grade.gitlab-ci.yml")["workflow"]["rules"]
    assert all("$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH" in rule["if"] for rule in rules)
    assert [re.search(r'SOURCE == "(\w+)"', rule["if"])[1] for rule in rules] == ["schedule", "web"]  # type: ignore[index]


def test_token_and_secret_are_never_in_one_job_and_students_have_neither() -> None:
    jobs = read(ROOT / "examples/ci/github/grade.yml")["jobs"]
    assert "STUDENTS_TOKEN" in str(jobs["fetch"])
    assert "GRADER_SECRET" not in str(jobs["fetch"])
    assert "GRADER_SECRET" in str(jobs["grade"])
    assert "STUDENTS_TOKEN" not in str(jobs["grade"])
    assert {jobs[name]["environment"] for name in jobs} == {"fetch", "grade"}
    for path in (
        ACTION,
        ROOT / "examples/ci/github/student.yml",
        ROOT / "examples/ci/gitlab/student.gitlab-ci.yml",
    ):
        assert "secrets." not in path.read_text("utf-8")


@pytest.mark.parametrize("path", [ACTION, *GITHUB, *GITLAB], ids=lambda p: p.name)
def test_each_file_states_its_trust_model(path: Path) -> None:
    comment = "\n".join(line for line in path.read_text("utf-8").splitlines() if line[:1] == "#")
    assert "# Trust model." in comment


def scripts(path: Path) -> Iterator[str]:
    """Everything that a file hands to a shell."""
    data = read(path)
    steps = data.get("runs", {}).get("steps", [])
    for job in data.get("jobs", {}).values():
        steps += job["steps"]
    yield from (step["run"] for step in steps if "run" in step)
    yield from (
        "\n".join(v["script"]) for v in data.values() if isinstance(v, dict) and "script" in v
    )


@pytest.mark.parametrize("path", [ACTION, *GITHUB, *GITLAB], ids=lambda p: p.name)
def test_scripts_are_shell_and_call_the_grader_as_it_is(path: Path) -> None:
    texts = list(scripts(path))
    assert texts
    for text in texts:
        assert subprocess.run(["bash", "-n", "-c", text], check=False).returncode == 0, text
        assert "${{" not in text, "a value is given by the environment"
    options = set(
        re.findall(r"--[a-z-]+", " ".join(re.findall(r"grader \w+ .*", "\n".join(texts))))
    )
    known = "".join(grader(name, "--help").out for name in ("check", "grade", "report", "doctor"))
    assert {o for o in options if o not in known} <= {"--"}


# The scripts of the action, run as the runner runs them


def test_the_actions_check_runs_with_what_its_inputs_say(tmp_path: Path) -> None:
    course = built(Course(tmp_path))
    (course.root / "assignments" / SLUG / f"{SLUG}.py").write_text(WRONG)
    *_, step = read(ACTION)["runs"]["steps"]
    installed = tmp_path / "temp" / "grader" / "bin"
    installed.mkdir(parents=True)
    (installed / "grader").symlink_to(COMMAND)
    environment = {
        "PATH": os.environ["PATH"],
        "RUNNER_TEMP": str(tmp_path / "temp"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "COURSE": str(course.root),
        "EXERCISES": SLUG,
        "FAIL_UNDER": "60%",
        "JUNIT": str(tmp_path / "junit.xml"),
    }

    def run(**inputs: str) -> subprocess.CompletedProcess[str]:
        # As the runner does for `shell: bash`.
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            env=environment | inputs, cwd=course.root, capture_output=True, text=True, check=False,
        )  # fmt: skip

    first = run()
    assert (first.returncode, "::error file=assignments/affine/affine.py" in first.stdout) == (
        0,
        True,
    )
    assert "70 of 100 points" in (tmp_path / "summary.md").read_text()
    assert (tmp_path / "junit.xml").exists()
    assert run(FAIL_UNDER="80", JUNIT="", EXERCISES="").returncode == 1
    assert run(EXERCISES="$(touch pwned) `touch pwned`").returncode == 2
    assert not (course.root / "pwned").exists()


# The instructor's side


def git(folder: Path, *arguments: str, when: str = "2020-01-01T00:00:00Z") -> str:
    """Run git in a student's repository; the dates of commits are what the student says."""
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("GIT_")},
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_DATE": when,
        "GIT_COMMITTER_DATE": when,
    }
    said = subprocess.run(
        ["git", "-c", "user.name=s", "-c", "user.email=s@example.org", *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return said.stdout.strip()


class Repository:
    """A student's repository with the kit in it."""

    def __init__(self, course: Course, folder: Path) -> None:
        self.path = folder
        folder.mkdir(parents=True)
        git(folder, "init", "--quiet", "--initial-branch", "main")
        for path in sorted((course.root / "assignments").rglob("*")):
            if path.is_file():
                self.write(path.relative_to(course.root).as_posix(), path.read_bytes())
        self.commit()

    def write(self, path: str, content: str | bytes) -> None:
        target = self.path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self) -> str:
        git(self.path, "add", "--all", "--force")
        git(self.path, "commit", "--quiet", "--allow-empty", "--message", "::error::x")
        return git(self.path, "rev-parse", "HEAD")


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return built(Course(tmp_path))


def listed(folder: Path, **repositories: Path) -> Path:
    path = folder / "students.csv"
    rows = [f"{name},{where}" for name, where in repositories.items()]
    path.write_text("\n".join(["student,repository", *rows, ""]))
    return path


def fetch(students: Path, out: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", FETCH, students, out, "--host", "none", *options],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def graded(course: Course, submissions: Path, cwd: Path, *options: str) -> Ran:
    """The instructor's command, in a process of its own, in any folder."""
    return command(
        "grade", submissions, *place(course), "--workers", "1", "--json", *options, cwd=cwd
    )


PASS_ALL = """\
import sys, types

def forward(*a):
    return 0

class Everything:
    def __getattr__(self, name):
        return lambda *a, **k: 100

sys.modules["grader.score"] = Everything()
"""


def tampered(repository: Repository) -> None:
    """All that a student can think of changing in what is theirs."""
    for path in (
        *("grader/__init__.py", "grader/cli/__init__.py", "grader/score.py", "numpy/__init__.py"),
        *("sitecustomize.py", "usercustomize.py", "conftest.py", "yaml.py", "submission.pth"),
        *(f"assignments/{SLUG}/conftest.py", f"assignments/{SLUG}/sitecustomize.py"),
        *(f"assignments/{SLUG}/grader.py", f"assignments/{SLUG}/numpy.py"),
    ):
        repository.write(path, PASS_ALL)
    folder = repository.path / "assignments" / SLUG
    rubric = (folder / "assignment.yaml").read_text()
    rubric = rubric.replace("points: 30", "points: 0").replace("points: 20", "points: 35")
    examples = json.loads((folder / "examples.json").read_text())
    examples["assignment"]["checks"] = examples["assignment"]["checks"][:1]
    for path, text in {
        f"assignments/{SLUG}/assignment.yaml": rubric,
        f"assignments/{SLUG}/probe.py": "def inputs(rng, **s): return {}\n" + PASS_ALL,
        f"assignments/{SLUG}/examples.json": json.dumps(examples),
        f"assignments/{SLUG}/timestamp.txt": "2020-01-01 00:00:00 UTC",
        ".github/workflows/check.yml": "on: push\njobs: {x: {runs-on: x, steps: []}}\n",
        ".gitlab-ci.yml": "x: {script: [exit 0]}\n",
        "course.yaml": "late: {penalty_per_day: 0}\n",
        "extensions.yaml": "extensions: [{student: eve, days: 999}]\n",
        "submissions.csv": "student,assignment,attempt,submitted\neve,affine,,2020-01-01\n",
        "results/results.db": "SQLite format 3",
        ".gitattributes": "*.py filter=x diff=x\n",
    }.items():
        repository.write(path, text)
    (folder / "other.py").symlink_to("/etc/passwd")
    (folder / "deep.py").mkdir()
    (folder / "deep.py" / "x.py").write_text(PASS_ALL)
    repository.commit()


def test_a_student_who_changes_all_that_is_theirs_gets_what_the_file_alone_gets(
    course: Course, tmp_path: Path
) -> None:
    """The acceptance of it: workflow, probe, examples, rubric, conftest, a grader of their own."""
    plain, eve = Repository(course, tmp_path / "plain"), Repository(course, tmp_path / "eve")
    for repository in (plain, eve):
        repository.write(f"assignments/{SLUG}/{SLUG}.py", WRONG)
        repository.commit()
    tampered(eve)
    out = tmp_path / "fetched"
    ran = fetch(listed(tmp_path, plain=plain.path, eve=eve.path), out)
    assert (ran.returncode, ran.stderr) == (0, "")
    # In their folder, too, where their modules would be found first.
    for cwd in (eve.path, eve.path / "assignments" / SLUG):
        found = graded(course, out, cwd, "--force")
        assert found.scores == {"plain": 70, "eve": 70}
    one, other = ({c["id"]: c["points"] for c in r["checks"]} for r in found.document["results"])
    assert one == other


def test_only_named_files_of_regular_kind_are_fetched(course: Course, tmp_path: Path) -> None:
    eve = Repository(course, tmp_path / "eve")
    tampered(eve)
    fetch(listed(tmp_path, eve=eve.path), tmp_path / "out")
    names = {p.name for p in (tmp_path / "out" / "eve").rglob("*") if p.is_file()}
    assert f"{SLUG}.py" in names
    assert not names & {"probe.py", "examples.json", "other.py", "x.py", "assignment.yaml"}
    assert not any(p.is_symlink() for p in (tmp_path / "out").rglob("*"))


def test_a_repository_that_cannot_be_had_costs_nobody_else(course: Course, tmp_path: Path) -> None:
    ada = Repository(course, tmp_path / "ada")
    students = listed(tmp_path, gone=tmp_path / "nothing", ada=ada.path)
    with students.open("a") as f:
        f.write(f"../up,{ada.path}\nada,{ada.path}\next,ext::sh -c 'touch {tmp_path}/pwned'\n")
    ran = fetch(students, tmp_path / "out")
    assert ran.returncode == 1
    told = ran.stderr.splitlines()
    assert [line.partition(":")[0] for line in told] == ["'gone'", "'../up'", "'ada'", "'ext'"]
    assert (tmp_path / "out" / "ada" / SLUG / "push-1" / f"{SLUG}.py").is_file()
    assert not (tmp_path / "pwned").exists()


class Host(http.server.BaseHTTPRequestHandler):
    """A host's answer to who pushed what when, in pages of one."""

    told: list[dict[str, Any]]
    asked: list[tuple[str, str]]

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        page = int(query.get("page", ["1"])[0])
        self.asked.append((self.path, self.headers.get("Authorization", "")))
        body = json.dumps(self.told[page - 1 : page]).encode()
        self.send_response(200)
        if page < len(self.told):
            where = f"http://{self.headers['Host']}{self.path.partition('?')[0]}?page={page + 1}"
            self.send_header("Link", f'<{where}>; rel="next"')
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def host() -> Iterator[tuple[type[Host], str]]:
    class Own(Host):
        told = []  # noqa: RUF012
        asked = []  # noqa: RUF012

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Own) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield Own, f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def told(kind: str, commit: str, time: str) -> dict[str, Any]:
    if kind == "github":
        return {"after": commit, "timestamp": time}
    return {"push_data": {"commit_to": commit, "ref": "main"}, "created_at": time}


@pytest.mark.parametrize("kind", ["github", pytest.param("gitlab", marks=pytest.mark.slow)])
def test_each_push_that_changed_an_exercise_is_an_attempt_with_the_hosts_time(
    kind: str, course: Course, tmp_path: Path, host: tuple[type[Host], str]
) -> None:
    server, api = host
    ada = Repository(course, tmp_path / "ada")
    first = git(ada.path, "rev-parse", "HEAD")
    ada.write(f"assignments/{SLUG}/{SLUG}.py", affine())
    second = ada.commit()
    ada.write("README.md", "another exercise")
    third = ada.commit()
    pushed = [(third, "2026-10-03"), (second, "2026-10-02"), (first, "2026-10-01")]
    server.told[:] = [told(kind, commit, f"{day}T10:00:00Z") for commit, day in pushed]
    ran = subprocess.run(
        [
            *(sys.executable, "-I", FETCH, listed(tmp_path, ada=ada.path), tmp_path / "out"),
            *("--host", kind, "--api", api),
        ],
        env=os.environ | {"STUDENTS_TOKEN": "token-of-the-test"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (0, "")
    assert (tmp_path / "out" / "submissions.csv").read_text().split() == [
        "student,assignment,attempt,submitted",
        f"ada,{SLUG},push-1,2026-10-01T10:00:00Z",
        f"ada,{SLUG},push-2,2026-10-02T10:00:00Z",
    ]
    assert len(server.asked) == 3
    assert {header for _, header in server.asked} == {"Bearer token-of-the-test"}
    (row,) = graded(course, tmp_path / "out", tmp_path).document["results"]
    assert (row["score"], row["attempt"], row["submitted"][:10]) == (100, 2, "2026-10-02")


def test_without_times_from_the_host_a_student_is_reported_and_not_guessed(
    course: Course, tmp_path: Path, host: tuple[type[Host], str]
) -> None:
    ada = Repository(course, tmp_path / "ada")
    server, api = host
    server.told[:] = [{"unknown": 1}]
    ran = fetch(listed(tmp_path, ada=ada.path), tmp_path / "out", "--host", "github", "--api", api)
    assert ran.returncode == 1
    assert "'ada': not fetched: no times of pushes (KeyError" in ran.stderr


def test_git_is_given_the_token_for_one_host_and_in_no_argument() -> None:
    spec = importlib.util.spec_from_file_location("fetch_students", FETCH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    there = module._environment("https://example.org/o/r.git", Path("/x/y"), "secret-token")
    assert "http.https://example.org/.extraheader" in there.values()
    assert not any("secret-token" in value for value in there.values()), "base64, as git sends it"
    here = module._environment("/srv/r.git", Path("/x/y"), "secret-token")
    assert not any("extraheader" in value for value in here.values())
