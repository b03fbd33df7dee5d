"""A commit (提交): one load, whole. `commits/NNNNNN.json` names its sources, counts and the version of each table."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from yiheng.base.refusal import Refusal
from yiheng.tables.points import point

SCHEMA = 1


@dataclass(frozen=True)
class Source:
    """One file of a load and what became of its rows; accepted + quarantined = rows.

    `about` is what its mapping says of it, in Chinese and English; empty where there is none. `action` is what its rows
    did: "load" added cases, "correct" took the place of held ones, "withdraw" took them out. `hospital`: the sender,
    where the file does not say it and the command did.
    """

    file: str
    format: str
    sha256: str
    rows: int
    accepted: int
    quarantined: int
    about: dict[str, str] = field(default_factory=dict)
    action: str = "load"
    hospital: str = ""


@dataclass(frozen=True)
class Commit:
    """What DATA holds from this number on; `tables` gives the Delta version of each table.

    `made_up` says that the data come from the sample region, and stays once it is said. `key` tells which region key
    made its pseudonyms, empty where none did. `policy`: the digests of what a place gave itself and rows are judged by,
    such as `quality/codes`.
    """

    number: int
    sources: tuple[Source, ...]
    tables: dict[str, int]
    code_version: str
    made_up: bool = False
    key: str = ""
    policy: dict[str, str] = field(default_factory=dict)
    schema: int = SCHEMA


def commit_path(folder: Path, number: int) -> Path:
    return folder / f"{number:06}.json"


def commit_numbers(folder: Path) -> list[int]:
    """The numbers of all commits, in order."""
    return sorted(int(path.stem) for path in folder.glob("[0-9]*.json"))


def read_commit(folder: Path, number: int) -> Commit:
    """The commit with this number; one that is not there or of another schema is refused."""
    path = commit_path(folder, number)
    if not path.is_file():
        raise Refusal(f"there is no commit {number}", file=str(folder))
    content = json.loads(path.read_text(encoding="utf-8"))
    if content["schema"] != SCHEMA:
        raise Refusal(f"written with schema {content['schema']}, this version reads schema {SCHEMA}", file=str(path))
    sources = tuple(Source(**source) for source in content.pop("sources"))
    return Commit(sources=sources, **content)


def create_commit(folder: Path, commit: Commit) -> None:
    """Make `commit` exist: its file appears whole and only if the number is free (else FileExistsError)."""
    draft = folder / f".{commit.number:06}.draft"
    text = json.dumps(asdict(commit), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    write_durably(draft, text)
    point()
    os.link(draft, commit_path(folder, commit.number))
    point()
    draft.unlink()
    sync_folder(folder)


def write_durably(path: Path, text: str) -> None:
    """Write `text` and wait until it is on disk."""
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def sync_file(path: Path) -> None:
    """Wait until what was written to a file is on disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until the names in `folder` are on disk, where the system can say so."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
