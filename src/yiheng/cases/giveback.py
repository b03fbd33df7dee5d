"""Giving rows back (退回): a file's quarantined rows in its own form, each with what is wrong and how to mend it.

The file goes to its sender with everything that the sender wrote, identity numbers too; it is never kept in DATA.
"""

import csv
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
from openpyxl.styles import PatternFill

from yiheng.base.refusal import Refusal
from yiheng.base.whole import whole
from yiheng.cases import source
from yiheng.cases.forms.recognise import RETURNED
from yiheng.cases.incoming import WITHDRAWN, Incoming, incoming
from yiheng.cases.intake import WITHDRAW
from yiheng.cases.layout import LIST_SEPARATOR
from yiheng.cases.mapping import read_mapping
from yiheng.cases.returns import number_of
from yiheng.cases.source.jsontext import json_text
from yiheng.tables.commit import Commit, Source
from yiheng.tables.data import Data
from yiheng.tables.digest import file_sha256
from yiheng.tables.engine import engine
from yiheng.tables.snapshot import Snapshot

_SUFFIX = {"csv": ".csv", "xlsx": ".xlsx", "json": ".json", "parquet": ".csv"}
_MARK = PatternFill("solid", start_color="FFF2CC")

Told = dict[int, list[dict[str, Any]]]


def give_back(root: Path, path: Path, folder: Path, mapping: Path | None = None) -> Path:
    """Write the open quarantined rows of a loaded file into `folder`; the new file's path.

    `mapping` is the mapping file that it was loaded with. A file that DATA did not load as it is now, one without
    such rows, and a target that exists are refused.
    """
    check_back([path], folder)
    kind, target = source.kind_of(path), _target(path, folder)
    commit, place = _loaded_by(root, path)
    loaded = commit.sources[place - 1]
    told = _told(root, commit, loaded)
    if not told:
        raise Refusal("no quarantined row of it is open", file=path.name)
    numbers = {row: number_of(commit.number, place, row) for row in told}
    format = WITHDRAWN if loaded.action == WITHDRAW else None
    its = incoming(path, "", format, read_mapping(mapping) if mapping else None, loaded.hospital)
    with _private(target) as draft:
        _WRITERS[kind](its, draft, told, numbers)
    return target


def check_back(paths: Iterable[Path], folder: Path) -> None:
    """Refuse a folder that is not there, and one where a returned file of these is already."""
    if not folder.is_dir():
        raise Refusal("there is no such folder", file=str(folder))
    for path in paths:
        if (target := _target(path, folder)).exists():
            raise Refusal("is there already", file=str(target), cure="move it away, or name another folder")


def _target(path: Path, folder: Path) -> Path:
    name = path.name.removesuffix(".gz").rsplit(".", 1)[0]
    return folder / f"{name}.returned{_SUFFIX[source.kind_of(path)]}"


@contextmanager
def _private(target: Path) -> Iterator[Path]:
    """A draft that only its owner can read."""
    with whole(target) as draft:
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT, 0o600))
        yield draft


def _loaded_by(root: Path, path: Path) -> tuple[Commit, int]:
    """The last commit that read this file, and which of its sources it is, from 1."""
    sha256 = file_sha256(path)
    for commit in reversed(Data.open(root).commits()):
        for place, its in enumerate(commit.sources, 1):
            if its.sha256 == sha256:
                return commit, place
    raise Refusal("was not loaded, or has changed since", file=path.name, cure="give the file as it was loaded")


def _told(root: Path, commit: Commit, its: Source) -> Told:
    """What was found on each open row of the source."""
    with engine() as backend:
        snapshot = Snapshot(backend, Data.open(root))
        found = snapshot.table("quarantine")
        closed = snapshot.table("closed").select(commit="opened", file="file", row="row")
        rows = found.filter(found.commit == commit.number, found.file == its.file)
        opened = rows.anti_join(closed, ["commit", "file", "row"]).order_by("row", "rule", "column").to_pyarrow()
    told: Told = {}
    for row in opened.to_pylist():
        told.setdefault(row["row"], []).append(row)
    return told


def _reasons(found: list[dict[str, Any]]) -> tuple[str, str]:
    """What is wrong and how to mend it, as text of two cells."""
    wrong = "; ".join(f"{its['column']}: {its['reason']} / {its['reason_en']}" for its in found)
    cures = "; ".join(f"{its['cure']} / {its['cure_en']}" for its in found if its["cure"])
    return wrong, cures


def _widened(cells: list[str], width: int, number: str, found: list[dict[str, Any]]) -> list[str]:
    """A row with its three cells more; what it has beyond the header's width is told in the second."""
    wrong, cures = _reasons(found)
    beyond = [cell for cell in cells[width:] if cell]
    if beyond:
        wrong += f"; 多出 beyond the header: {LIST_SEPARATOR.join(beyond)}"
    return [*(cells + [""] * width)[:width], number, wrong, cures]


def _own(header: list[str]) -> list[str]:
    return [name for name in header if name not in RETURNED]


def _write_csv(its: Incoming, draft: Path, told: Told, numbers: dict[int, str]) -> None:
    path, encoding = its.path, its.layout.encoding or source.encoding_of(its.path)
    delimiter = its.layout.delimiter or source.delimiter_of(path, encoding)
    # With its mark at the start Excel knows that the file is UTF-8.
    with draft.open("w", encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        rows = source.csv_raw(path, set(told), encoding, delimiter)
        _write_rows(writer, list(its.header), rows, told, numbers)


def _write_rows(
    writer: Any, header: list[str], rows: Iterable[tuple[int, list[str]]], told: Told, numbers: dict[int, str]
) -> None:
    own = _own(header)
    writer.writerow([*own, *RETURNED])
    for row, cells in rows:
        writer.writerow(_widened(_without_returned(cells, header), len(own), numbers[row], told[row]))


def _without_returned(cells: list[str], header: list[str]) -> list[str]:
    """The sender's own cells: a row that comes back twice has those of the first return."""
    return [cell for place, cell in enumerate(cells) if place >= len(header) or header[place] not in RETURNED]


def _write_workbook(its: Incoming, draft: Path, told: Told, numbers: dict[int, str]) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None, "a new workbook has a sheet"
    sheet.title = its.sheet
    header = list(its.header)
    own = _own(header)
    sheet.append([*own, *RETURNED])
    for row, cells in its.raw(set(told)):
        sheet.append(_widened(_without_returned(cells, header), len(own), numbers[row], told[row]))
        wrong = {found["column"] for found in told[row]}
        for place, name in enumerate(own, 1):
            cell = sheet.cell(sheet.max_row, place)
            cell.number_format = "@"
            if name in wrong:
                cell.fill = _MARK
    book.save(draft)


def _write_json(its: Incoming, draft: Path, told: Told, numbers: dict[int, str]) -> None:
    lists = []
    for row, each in source.json_objects(its.path, set(told)):
        wrong, cures = _reasons(told[row])
        fields = each.get("setlinfo", each) if isinstance(each, dict) else each
        if isinstance(fields, dict):
            fields |= dict(zip(RETURNED, (numbers[row], wrong, cures), strict=True))
        lists.append(each)
    draft.write_text(json_text(lists) + "\n", encoding="utf-8")


def _write_table(its: Incoming, draft: Path, told: Told, numbers: dict[int, str]) -> None:
    """Rows of a Parquet file as CSV of the same columns."""
    with draft.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        _write_rows(writer, list(its.header), _parquet_rows(its.path, told), told, numbers)


def _parquet_rows(path: Path, told: Told) -> Iterator[tuple[int, list[str]]]:
    done = 0
    for batch in source.parquet_batches(path):
        wanted = [row - done - 1 for row in told if done < row <= done + batch.num_rows]
        for place in sorted(wanted):
            values = pa.Table.from_batches([batch]).slice(place, 1).to_pylist()[0]
            yield done + place + 1, [_text(value) for value in values.values()]
        done += batch.num_rows


def _text(value: object) -> str:
    if isinstance(value, list):
        return LIST_SEPARATOR.join(_text(item) for item in value)
    return "" if value is None else str(value)


_WRITERS = {"csv": _write_csv, "xlsx": _write_workbook, "json": _write_json, "parquet": _write_table}
