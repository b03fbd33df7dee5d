"""Loading (入库): files become one commit, or nothing does."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from yiheng.base.progress import Progress, Silent
from yiheng.base.refusal import Refusal
from yiheng.cases.forms import PLACES
from yiheng.cases.identity import Key, key_from_environment
from yiheng.cases.incoming import Incoming, incoming
from yiheng.cases.intake import LOAD, WITHDRAW, Intake
from yiheng.cases.mapping import read_mapping
from yiheng.cases.quality.book import CODES
from yiheng.cases.quality.examine import Check
from yiheng.cases.source import kind_of
from yiheng.tables.commit import Commit
from yiheng.tables.data import Load, loading
from yiheng.tables.digest import file_sha256
from yiheng.tables.engine import engine

# Places first; a line or an ICU stay needs its case.
_ORDER = (*PLACES, "withdrawn", "cases", "icu", "lines")


@dataclass(frozen=True)
class Loaded:
    """A load that exists: what each file was, the first lines about rows left out, what became of each quality rule.

    `closed` counts quarantined rows of earlier loads that came back; `returned` are the files that bad rows went to.
    """

    commit: Commit
    files: tuple[Incoming, ...]
    lines: list[str]
    checks: Mapping[str, Check]
    closed: int = 0

    @property
    def accepted(self) -> int:
        return sum(each.accepted for each in self.commit.sources)

    @property
    def quarantined(self) -> int:
        return sum(each.quarantined for each in self.commit.sources)


def load(
    root: Path,
    paths: Sequence[Path],
    mapping: Path | None = None,
    format: str | None = None,
    places: Mapping[str, pa.Table] | None = None,
    made_up: bool = False,
    progress: Progress | None = None,
    action: str = LOAD,
    hospital: str = "",
) -> Loaded:
    """Read files into DATA at `root` as one commit; a file that cannot be read loads nothing (Refusal).

    What each file is follows from its header, unless `format` or `mapping` says. `places` replaces tables about
    institutions and the like. With the action CORRECT cases take the place of those that DATA holds under their keys.
    `hospital` is the sender of those files that do not say it; refused where every file does, and where DATA has
    institutions and not this one.
    """
    progress = progress or Silent()
    layout = read_mapping(mapping) if mapping else None
    for path in paths:
        kind_of(path)
    with loading(root) as new, engine() as backend, ExitStack() as staging:
        files = _opened(paths, new, lambda path: incoming(path, "", format, layout, hospital), action, progress)
        if hospital and not any(its.sender for its in files):
            raise Refusal("every file says its hospital itself", column="--hospital", value=hospital)
        key = _key(files, new)
        intake = Intake(new, backend, staging, key, action, progress)
        for its in files:
            intake.take(its)
        intake.finish(dict(places or {}))
        progress.step("提交 committing")
        sources, region = tuple(its.as_source(action) for its in files), key.region_id() if key else _held_key(new)
        commit = new.commit(sources, made_up, region, {CODES: intake.book.digest} if intake.book.digest else {})
        return Loaded(commit, tuple(files), intake.lines, intake.checks, intake.closed)


def _opened(
    paths: Sequence[Path], new: Load, opened: Callable[[Path], Incoming], action: str, progress: Progress
) -> list[Incoming]:
    """What the files are, in the order in which they are read; one that was loaded before is refused."""
    files: list[Incoming] = []
    for path in paths:
        if sum(other.name == path.name for other in paths) > 1:
            raise Refusal("two files of one load have this name", file=path.name)
        its = opened(path)
        progress.step(f"校验 hashing {path.name} ({its.word.zh} {its.word.en})")
        its.sha256 = file_sha256(path)
        _check_new(its, new, action)
        _check_differs(its, files)
        files.append(its)
    return sorted(files, key=lambda its: _ORDER.index(its.table))


def _check_new(its: Incoming, new: Load, action: str) -> None:
    """A file does once what it does; only what it brought can be withdrawn by it, and then be brought again."""
    for commit in reversed(new.data.commits()):
        for old in commit.sources:
            if old.sha256 == its.sha256:
                if (old.action == WITHDRAW) == (action == WITHDRAW):
                    raise Refusal(f"already loaded as {old.file} in commit {commit.number}", file=its.name)
                return


def _check_differs(its: Incoming, others: Sequence[Incoming]) -> None:
    """The same bytes twice in one load are refused, whatever the files are called."""
    for other in others:
        if other.sha256 == its.sha256:
            raise Refusal(f"has the same content as {other.name}", file=its.name)


def _held_key(new: Load) -> str:
    return new.last.key if new.last else ""


def _key(files: Sequence[Incoming], new: Load) -> Key | None:
    """The region's key, which files with identity numbers need; another than DATA was loaded with is refused."""
    carriers = [its for its in files if its.layout.identifies()]
    if not carriers:
        return None
    first = carriers[0]
    key = key_from_environment()
    if key is None:
        raise Refusal(
            "carries identity numbers or names: loading it needs the region's key", file=first.name,
            column=first.layout.identifies()[0], cure="yiheng cases key --new FILE, then set YIHENG_KEY_FILE=FILE",
        )  # fmt: skip
    if held := _held_key(new):
        key.check_region(held)
    return key
