"""Returned rows (退回与关闭): quarantined rows that come back mended close what was found on them."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa
from ibis.backends.duckdb import Backend

from yiheng.cases.incoming import Incoming
from yiheng.cases.quality.book import book
from yiheng.cases.quality.frames import SUMS
from yiheng.tables.commit import Commit
from yiheng.tables.contract import contract
from yiheng.tables.data import Load
from yiheng.tables.engine import fetch, held, quoted

ACCEPTED, AGAIN, JUDGED = "accepted", "quarantined again", "judged again"
_NUMBER = r"([0-9]{1,9})-([0-9]{1,9})-([0-9]{1,18})"
_OF_CASES = ("canonical", "frontpage", "settlement", "mapped")

# A case that goes in closes what was found on rows with its key, but that another row had the key first.
_BY_KEY = """
    SELECT DISTINCT q.commit AS opened, q.file, q.sheet, q.row
    FROM read_parquet([{quarantine}], union_by_name = true) AS q
    JOIN {files} AS f ON q.commit = f.commit AND q.file = f.file
    WHERE q.rule NOT IN ('duplicate', 'not_held')
      AND (q.hospital, q.case_id) IN (SELECT (hospital, case_id) FROM read_parquet([{cases}]))"""


# Findings on a case's sums are void once further lines of it are summed.
_OF_SUMS = """
    SELECT DISTINCT commit AS opened, file, sheet, row FROM read_parquet([{findings}], union_by_name = true)
    WHERE rule IN ({rules}) AND (hospital, case_id) IN (SELECT (hospital, case_id) FROM read_parquet([{lines}]))"""


def number_of(commit: int, source: int, row: int) -> str:
    """What a returned row is known by: its commit, which source of it (from 1), and its row."""
    return f"{commit}-{source}-{row}"


def judged_again(backend: Backend, new: Load, lines: Sequence[Path]) -> pa.Table:
    """The findings on sums that staged lines make void, as rows of the table closed."""
    paths = new.held_files("findings")
    rules = [rule.id for rule in book().rules.values() if rule.table in SUMS]
    if not paths or not lines:
        return contract("closed").schema.empty_table()
    query = _OF_SUMS.format(findings=_listed(paths), rules=_listed(rules), lines=_listed([str(path) for path in lines]))
    rows = [
        _closed(new.number, row["opened"], row["file"], row["sheet"], row["row"], JUDGED)
        for row in fetch(backend, query).to_pylist()
    ]
    return pa.Table.from_pylist(rows, schema=contract("closed").schema)


def closings(backend: Backend, new: Load, files: Sequence[Incoming], staged: Sequence[Path]) -> pa.Table:
    """The quarantined rows of earlier commits that this load closes, as rows of the table closed."""
    commits = {commit.number: commit for commit in new.data.commits()}
    found: dict[tuple[int, str, int], dict[str, object]] = {}
    for opened, file, sheet, row in _by_key(backend, new, list(commits.values()), staged):
        found[opened, file, row] = _closed(new.number, opened, file, sheet, row, ACCEPTED)
    for its in files:
        places = {row: place for row, text in its.returned.items() if (place := _place(text, commits)) is not None}
        there = _quarantined(backend, new, set(places.values()))
        for row, place in places.items():
            if place in there:
                outcome = AGAIN if row in its.out else ACCEPTED
                found[place] = _closed(new.number, place[0], place[1], there[place], place[2], outcome)
    already = _already(backend, new)
    rows = [its for place, its in sorted(found.items()) if place not in already]
    return pa.Table.from_pylist(rows, schema=contract("closed").schema)


def _closed(commit: int, opened: int, file: str, sheet: str | None, row: int, outcome: str) -> dict[str, object]:
    return {"opened": opened, "file": file, "sheet": sheet, "row": row, "commit": commit, "outcome": outcome}


def _place(text: str, commits: dict[int, Commit]) -> tuple[int, str, int] | None:
    """The commit, file and row that a number means; None where DATA has no such file."""
    parts = re.fullmatch(_NUMBER, text.strip())
    if parts is None:
        return None
    opened, source, row = map(int, parts.groups())
    sources = commits[opened].sources if opened in commits else ()
    return (opened, sources[source - 1].file, row) if 1 <= source <= len(sources) else None


def _quarantined(
    backend: Backend, new: Load, places: set[tuple[int, str, int]]
) -> dict[tuple[int, str, int], str | None]:
    """Those of these rows that are in the quarantine, with their sheet."""
    paths = new.held_files("quarantine")
    if not paths or not places:
        return {}
    wanted = ", ".join(sorted({str(commit) for commit, _, _ in places}))
    query = f"SELECT DISTINCT commit, file, row, sheet FROM read_parquet([{_listed(paths)}]) WHERE commit IN ({wanted})"
    rows = fetch(backend, query).to_pylist()
    return {place: row["sheet"] for row in rows if (place := (row["commit"], row["file"], row["row"])) in places}


def _by_key(
    backend: Backend, new: Load, commits: Sequence[Commit], staged: Sequence[Path]
) -> list[tuple[int, str, str | None, int]]:
    quarantine = new.held_files("quarantine")
    pairs = [(its.number, each.file) for its in commits for each in its.sources if each.format in _OF_CASES]
    if not quarantine or not staged or not pairs:
        return []
    of_cases = pa.table({"commit": pa.array([n for n, _ in pairs], pa.int32()), "file": [file for _, file in pairs]})
    query = _BY_KEY.format(
        quarantine=_listed(quarantine), files=held(backend, of_cases).get_name(), cases=_listed(map(str, staged))
    )
    rows = fetch(backend, query).to_pylist()
    return [(row["opened"], row["file"], row["sheet"], row["row"]) for row in rows]


def _already(backend: Backend, new: Load) -> set[tuple[int, str, int]]:
    paths = new.held_files("closed")
    if not paths:
        return set()
    rows = fetch(backend, f"SELECT opened, file, row FROM read_parquet([{_listed(paths)}])").to_pylist()
    return {(row["opened"], row["file"], row["row"]) for row in rows}


def _listed(paths: Iterable[str]) -> str:
    return ", ".join(quoted(path) for path in paths)
