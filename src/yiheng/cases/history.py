"""The history of a case (病例沿革): every version that DATA has had of it, and what each changed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yiheng.base.refusal import Refusal
from yiheng.tables.data import Data
from yiheng.tables.engine import engine
from yiheng.tables.snapshot import Snapshot

_OF_THE_LOAD = ("source_file", "source_row", "list_version")


@dataclass(frozen=True)
class Version:
    """The case since a commit; None once it is withdrawn. `changed`: column -> (before, after)."""

    commit: int
    action: str
    case: dict[str, Any] | None
    changed: dict[str, tuple[Any, Any]]


def history(root: Path, hospital: str, case_id: str) -> list[Version]:
    """The versions of a case, oldest first; one that DATA never had is refused."""
    data = Data.open(root)
    versions: list[Version] = []
    held: dict[str, Any] | None = None
    with engine() as backend:
        for commit in data.commits():
            cases = Snapshot(backend, data, commit.number).table("cases")
            found = cases.filter(cases.hospital == hospital, cases.case_id == case_id).to_pyarrow().to_pylist()
            case = found[0] if found else None
            if case != held:
                action = commit.sources[0].action if commit.sources else ""
                versions.append(Version(commit.number, action, case, _changed(held, case)))
            held = case
    if not versions:
        raise Refusal("there never was such a case", file=str(root), column=hospital, value=case_id)
    return versions


def _changed(before: dict[str, Any] | None, after: dict[str, Any] | None) -> dict[str, tuple[Any, Any]]:
    if before is None or after is None:
        return {}
    return {
        name: (before[name], value)
        for name, value in after.items()
        if value != before[name] and name not in _OF_THE_LOAD
    }
