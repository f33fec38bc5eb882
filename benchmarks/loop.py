"""The job on a whole class in one process, without any isolation.

Usage: loop.py SUPPORT CLASS. Prints {student: fraction of the points} as JSON.
"""

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, sys.argv[1])
import job


def mark(path: Path) -> float:
    """The fraction of the job's checks that one submission passes."""
    namespace: dict[str, Any] = {"__name__": path.stem}
    exec(compile(path.read_bytes(), path.name, "exec"), namespace)
    return sum(_passes(name, namespace["RNNUnit"]) for name in job.CHECKS) / len(job.CHECKS)


def _passes(name: str, unit: type) -> bool:
    try:
        job.check(name, unit)
    except AssertionError:
        return False
    return True


print(json.dumps({p.parts[-3]: mark(p) for p in sorted(Path(sys.argv[2]).glob("*/*/*.py"))}))
