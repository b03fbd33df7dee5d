"""`yiheng drg reconcile`: our own group, the hospital's and the payer's side by side, each difference explained."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from yiheng.base.refusal import Refusal
from yiheng.cases.input import Cases, open_cases
from yiheng.cli.drg_by_day import applied
from yiheng.cli.drg_payer import PAYER, Payer, payer_groups
from yiheng.codes.normal import normal
from yiheng.drg.case import NEEDED, USED, case_of
from yiheng.drg.kernel.applied import Applied
from yiheng.drg.kernel.dated import DAY
from yiheng.drg.packs.standing import Standing, metadata
from yiheng.drg.result import OUT, Result
from yiheng.drg.telling.lines import KINDS, told_difference
from yiheng.drg.telling.reconcile import ABSENT, CLASSES, SAME, compared
from yiheng.tables.engine import batches, engine, scratch
from yiheng.tables.out import write_out
from yiheng.tables.version import code_version

GIVEN = "group"
SIDES = ("hospital", "payer")
COLUMNS = ("status", "drg", *(f"{side}_{what}" for side in SIDES for what in ("drg", "kind", "why")))


@dataclass
class Reconciled:
    """How many cases differ in which way on each side; cases of the payer that are not among ours; by which packs."""

    packs: Sequence[Standing]
    cases: int = 0
    counts: dict[str, Counter[str]] = field(default_factory=lambda: {side: Counter() for side in SIDES})
    only_payer: int = 0

    def lines(self, lang: str) -> Iterator[str]:
        """The summary, a line for each kind that occurs."""
        chinese = lang == "zh"
        yield f"{self.cases} 例" if chinese else f"{self.cases} cases"
        for side, word in zip(SIDES, ("医院分组", "医保返回"), strict=True):
            for kind in (kind for kind in CLASSES if self.counts[side][kind]):
                said = KINDS[kind].zh if chinese else KINDS[kind].en
                yield f"{word if chinese else side} {said} ({kind}): {self.counts[side][kind]}"
        if self.only_payer:
            yield f"仅医保返回有的病例: {self.only_payer}" if chinese else f"only the payer has: {self.only_payer}"


@dataclass(frozen=True)
class Sources:
    """What is held against what: the pack (auto: that of each day in `place`), the cases, and what the payer said."""

    pack: str
    place: str | None
    cases: Path
    payer: Path | None
    commit: int | None


def reconcile(of: Sources, out: Path, lang: str) -> Reconciled:
    """Write every case with its three groups, and why they differ, to `out`; memory does not grow with the cases."""
    with engine() as backend:
        found = open_cases(backend, of.cases, of.commit, (*USED, DAY, GIVEN))
        found.need(*NEEDED)
        if of.payer is None and GIVEN not in found.given:
            raise Refusal("there is nothing to compare with", file=str(of.cases), column=GIVEN, cure="--payer FILE.csv")
        payer = None if of.payer is None else payer_groups(backend, of.payer, "hospital" in found.given)
        rules = applied(of.pack, of.place, of.cases, found)
        work = _Work(rules, found.id_columns, lang)
        path = scratch(backend) / "reconciled.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        with pq.ParquetWriter(path, work.schema) as writer:
            for batch in _batches(backend, found, work.columns, payer):
                writer.write_batch(work.batch(batch))
        if not work.summary.cases:
            raise Refusal("there are no cases", file=str(of.cases))
        about = {"code_version": code_version()} | metadata(rules.chosen.packs)
        write_out(backend, backend.read_parquet(str(path)), out, about)
        work.summary.only_payer = 0 if payer is None else payer.beyond(found.table)
    return work.summary


def _batches(backend: Backend, found: Cases, columns: Sequence[str], payer: Payer | None) -> Iterator[pa.RecordBatch]:
    """The cases in order, with what the payer returned for each."""
    names = [*found.id_columns, *(name for name in columns if name in found.given)]
    table: ir.Table = found.table.select(*names, "row")
    table = table if payer is None else payer.beside(table)
    ordered = table.order_by("row").drop("row")
    yield from batches(backend, ordered)


class _Work:
    """Cases held against what others say, batch by batch."""

    def __init__(self, rules: Applied, ids: list[str], lang: str) -> None:
        self.rules, self.ids, self.lang = rules, ids, lang
        self.group = rules.chosen.make()
        self.columns = (*dict.fromkeys((*rules.chosen.columns, GIVEN)),)
        self.schema = pa.schema([(name, pa.string()) for name in (*ids, *COLUMNS)])
        self.summary = Reconciled(rules.chosen.packs)

    def batch(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Ids, our own status and group, and for each side its group, the kind of difference and why."""
        results = self.group(batch)
        own = [Result(*values) for values in zip(*(results.column(name).to_pylist() for name in OUT), strict=True)]
        columns: dict[str, list[str | None]] = {"status": [its.status for its in own], "drg": [its.drg for its in own]}
        self.summary.cases += batch.num_rows
        others = (_cells(batch, GIVEN), _cells(batch, PAYER))
        for side, given in zip(SIDES, others, strict=True):
            rows = [self._held(batch, place, *pair) for place, pair in enumerate(zip(own, given, strict=True))]
            self.summary.counts[side].update(kind for _, kind, _ in rows)
            for place, what in enumerate(("drg", "kind", "why")):
                columns[f"{side}_{what}"] = [row[place] for row in rows]
        text = [pa.array(columns[name], pa.string()) for name in COLUMNS]
        return pa.RecordBatch.from_arrays([*(batch.column(name) for name in self.ids), *text], schema=self.schema)

    def _held(
        self, batch: pa.RecordBatch, place: int, own: Result, other: str | None
    ) -> tuple[str | None, str, str | None]:
        """The other group, the kind of difference, and why; a case is looked at only where they differ."""
        code = normal(other or "")
        if not code or code == own.drg:
            return code or None, SAME if code else ABSENT, None
        row = {name: batch.column(name)[place].as_py() for name in batch.schema.names}
        pack = self.rules.of(row.get(DAY))
        found = compared(pack, case_of(row, pack.switches.weight_column), own, code)
        return code, found.kind, told_difference(found, pack, self.lang)


def _cells(batch: pa.RecordBatch, name: str) -> list[str | None]:
    """The texts of a column; none where there is none."""
    found: list[str | None] = batch.column(name).to_pylist() if name in batch.schema.names else [None] * batch.num_rows
    return found
