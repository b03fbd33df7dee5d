"""What commands beside a catalogue read (目录命令的输入): cases in their groups, classes of hospitals, additions."""

import csv
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path

import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from yiheng.base.refusal import Refusal
from yiheng.cases.input import Cases, open_cases
from yiheng.dip.file import Held, read_catalogue
from yiheng.dip.plan import Plan, plan
from yiheng.dip.pricing.assigned import assigned
from yiheng.dip.pricing.patients import USED
from yiheng.tables.contract import contract
from yiheng.tables.digest import file_sha256
from yiheng.tables.out import about_json, write_out
from yiheng.tables.runs import Inputs, keep
from yiheng.tables.version import code_version

_PLACES = ("code", "level", "coefficient_class", "valid_from", "valid_to")
_NEEDED = ("code", "coefficient_class")


@dataclass(frozen=True)
class Opened:
    """Cases in the groups of a catalogue; `digest` is the catalogue's file."""

    backend: Backend
    cases: Cases
    placed: ir.Table
    held: Held
    plan: Plan
    digest: str

    def write(
        self,
        kind: str,
        tables: Mapping[str, pa.Table | ir.Table],
        outs: Mapping[str, Path | None],
        parameters: Mapping[str, str] | None = None,
        policy: Mapping[str, str] | None = None,
    ) -> None:
        """Keep the tables as a run where the cases are DATA, and write those that somebody wants as files.

        `policy`: ids and digests of what was used beside the scheme.
        """
        about: dict[str, object] = {"code_version": code_version(), "catalogue_sha256": self.digest}
        if (snapshot := self.cases.snapshot) is not None:
            scheme, number = self.held.scheme, snapshot.commit.number
            said = {"catalogue": self.digest, **(parameters or {})}
            used = {scheme.id: scheme.digest, **(policy or {})}
            keep(self.backend, snapshot.data, kind, Inputs(number, used, parameters=said), tables)
            about["commit"] = str(number)
        for name, out in outs.items():
            if out is not None:
                write_out(self.backend, tables[name], out, about_json(about))


def open_placed(backend: Backend, catalogue: Path, cases: Path, commit: int | None) -> Opened:
    """The cases in the groups of a catalogue, with their auxiliary levels, in their order."""
    held = read_catalogue(catalogue)
    its = plan(held.scheme, held.day)
    found = open_cases(backend, cases, commit, set(USED))
    found.need("case_id", "dx")
    placed = assigned(backend, found.table.order_by("row"), held, its)
    return Opened(backend, found, placed, held, its, file_sha256(catalogue))


def institutions(opened: Opened, places: Path | None) -> pa.Table:
    """The list of institutions: that of a file, else that of DATA; neither is refused."""
    if places is not None:
        return _read_places(places)
    if opened.cases.snapshot is None:
        raise Refusal("a bare file says no hospital's class", file=opened.cases.shown, cure="--places FILE.csv")
    return opened.cases.snapshot.table("institution").to_pyarrow()


def _read_places(path: Path) -> pa.Table:
    """Columns of the list of institutions from a CSV; a cell that does not fit is refused."""
    rows = _rows(path, _NEEDED)
    schema = pa.schema([contract("institution").schema.field(name) for name in _PLACES])
    made = [
        {name: _cell(name, row.get(name) or "", path, number) for name in _PLACES} for number, row in enumerate(rows, 1)
    ]
    return pa.Table.from_pylist(made, schema=schema)


def _cell(name: str, text: str, path: Path, row: int) -> object:
    if not text.strip():
        return None
    try:
        if name == "level":
            return int(text)
        return date.fromisoformat(text.strip()) if name.startswith("valid") else text.strip()
    except ValueError:
        raise Refusal("does not fit", path.name, "", row, name, text, "a day such as 2024-12-31, a level 1-3") from None


def read_additions(path: Path | None) -> dict[str, dict[str, Fraction]]:
    """The values that are added to hospitals' coefficients: hospital, name, value; none without a file."""
    found: dict[str, dict[str, Fraction]] = defaultdict(dict)
    if path is None:
        return found
    for number, row in enumerate(_rows(path, ("hospital", "name", "value")), 1):
        try:
            value = Fraction(row["value"].strip())
        except ValueError:
            raise Refusal("is no number", path.name, "", number, "value", row["value"]) from None
        if row["name"] in found[row["hospital"]]:
            raise Refusal("stands there twice", path.name, "", number, "name", row["name"])
        found[row["hospital"]][row["name"]] = value
    return found


def _rows(path: Path, needed: tuple[str, ...]) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            for name in needed:
                if name not in (reader.fieldnames or ()):
                    raise Refusal("this column is missing", file=path.name, column=name)
            return [{key: value or "" for key, value in row.items() if key} for row in reader]
    except FileNotFoundError:
        raise Refusal("there is no such file", file=str(path)) from None
    except UnicodeDecodeError:
        raise Refusal("is not UTF-8 text", file=path.name) from None
