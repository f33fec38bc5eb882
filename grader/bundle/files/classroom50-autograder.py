"""Autograder of Classroom 50 for $slug: the public checks, as result.json.

Trust model. Classroom 50 grades in the student's own repository, with files that whoever finds
their address can read. So there is no solution, no hidden case and no secret among them, and the
score is that of the public checks. Marks come from the instructor's own machine.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENTRY = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); from grader.bundle.entry import main; main()"
)


def python(folder: Path) -> str:
    """An interpreter that has what the checks need."""
    if given := os.environ.get("GRADER_PYTHON"):
        return given
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    pip, requirements = str(folder / "bin" / "pip"), str(HERE / "requirements.txt")
    subprocess.run([pip, "install", "--quiet", "--requirement", requirements], check=True)
    return str(folder / "bin" / "python")


def main() -> int:
    checkout = Path.cwd()
    committed = subprocess.run(
        ["git", "log", "-1", "--format=%cI"], capture_output=True, text=True, check=False
    )
    with tempfile.TemporaryDirectory() as temporary:
        paths = [str(p) for p in (HERE / "lib", checkout, HERE / "course")]
        command = [python(Path(temporary, "venv")), "-I", "-c", ENTRY, paths[0]]
        command += ["classroom50", *paths[1:], "$slug"]
        environment = {**os.environ, "COMMITTED": committed.stdout.strip()}
        return subprocess.run(command, cwd="/", env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
