"""Gradescope's "Export Submissions": `assignment_{id}_export/submission_{id}/` and one YAML file.

What `submission_metadata.yml` holds is known from programs that read it, since Gradescope does not
say: by folder, `:submitters:` with `:name:`, `:sid:` and `:email:` of each member of a group, and
`:created_at:`. Keys are Ruby's symbols, so they begin with a colon. All values are read as text,
tags are passed over, and nothing is constructed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import yaml

from grader import times
from grader.errors import SubmissionError
from grader.intake.claims import Claim
from grader.intake.handed import Ground, Handed, Search, place_all
from grader.intake.names import text
from grader.intake.place import Found
from grader.messages import plain

LABEL = "Gradescope's export"
METADATA = "submission_metadata.yml"
MAX_BYTES = 64 << 20
_SAID = "gradescope"


def find(ground: Ground, search: Search) -> Found:
    found = Found()
    try:
        raw, _ = ground.top.read(METADATA, MAX_BYTES)
        loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
        told = yaml.load(raw, Loader=loader)
    except SubmissionError as e:
        why = e.details.get("why", e.code.replace("_", " "))
        found.strays.append(f"{METADATA} cannot be read: {why}. Export the submissions again.")
        return found
    except (yaml.YAMLError, ValueError, RecursionError) as e:
        line = f"{METADATA} is not YAML: {plain(str(e), 200)}. Export the submissions again."
        found.strays.append(line)
        return found
    known = told if isinstance(told, Mapping) else {}
    folders = {e.name for e in ground.top.entries() if e.is_folder}
    everything: list[Handed] = []
    for name, about in known.items():
        if not isinstance(name, str) or name not in folders:
            found.strays.append(f"{METADATA}: there is no folder {plain(str(name), 60)}.")
            continue
        about = about if isinstance(about, Mapping) else {}
        claims = _claims(about.get(":submitters"))
        if not claims:
            found.strays.append(f"{METADATA}: {text(name)} has no submitters; they are unknown.")
            claims = (Claim(name),)
        handed = Handed(claims, submitted=_time(found, name, about, search))
        handed.time_from = _SAID if handed.submitted else ""
        handed.pieces.walk(ground.top.folder(name))
        everything.append(handed)
    for name in sorted(folders - set(known)):
        found.strays.append(f"{text(name)}: not in {METADATA}, so nobody's; passed over.")
    place_all(found, everything, ground, search)
    return found


def _claims(submitters: object) -> tuple[Claim, ...]:
    claims = []
    for one in submitters if isinstance(submitters, list) else []:
        if isinstance(one, Mapping):
            name, sid, email = (str(one.get(f":{k}") or "") for k in ("name", "sid", "email"))
            ids = [(c, sid) for c in ("gradescope_sid", "sid", "sis_user_id", "id") if sid]
            ids += [("email", email)] if email else []
            if shown := sid or email or name:
                claims.append(Claim(shown, (*ids, *([("name", name)] if name else []))))
    return tuple(claims)


def _time(found: Found, name: str, about: Mapping[str, object], search: Search) -> datetime | None:
    said = about.get(":created_at")
    if not said:
        return None
    try:
        return times.submission_time(str(said), search.zone)
    except ValueError as e:
        line = f"{METADATA}: {plain(str(said), 60)!r}, of {text(name)}, is no time: {e}."
        found.strays.append(line)
        return None
