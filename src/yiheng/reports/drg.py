"""DRG for the report (DRG 分组): the cases of DATA under one rule pack, as `yiheng drg group` keeps them."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import partial

import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from yiheng.base.progress import Progress
from yiheng.base.words import Word
from yiheng.cases.input import Cases
from yiheng.drg.kernel.compile import compiled
from yiheng.drg.kernel.stream import GROUPING, grouper_of
from yiheng.drg.packs.content import Content
from yiheng.drg.packs.load import pack_of
from yiheng.drg.packs.opening import open_content
from yiheng.drg.packs.pack import Pack
from yiheng.drg.result import GROUPED
from yiheng.norms.published import WEIGHTS, published
from yiheng.tables.engine import batches, scratch
from yiheng.tables.limits import threads
from yiheng.tables.stream import one_by_one

# The pack that comes with Yiheng, for where there is no other.
PACK = "chs-drg-1.1-outline"


@dataclass(frozen=True)
class Chosen:
    """The pack to group by, and the ids of it and of the packs that it is based on."""

    pack: Pack
    ids: tuple[str, ...]

    def is_unofficial(self, unofficial: Collection[str]) -> bool:
        """Whether it, or a pack that it is based on, is one that nobody issued."""
        return not set(self.ids).isdisjoint(unofficial)


def choose(given: str) -> Chosen:
    """The pack that `given` means, see `drg.packs.opening.open_pack`."""
    content = open_content(given)
    return Chosen(pack_of(content), tuple(its.said.text("id") for its in _with_bases(content)))


def _with_bases(content: Content) -> Iterator[Content]:
    its: Content | None = content
    while its is not None:
        yield its
        its = its.base


def group_cases(backend: Backend, cases: Cases, pack: Pack, progress: Progress) -> ir.Table:
    """Each case with hospital, case_id and the columns of `drg.result.OUT`."""
    rules = compiled(pack)
    path = scratch(backend) / "drg.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = [*cases.id_columns, *(name for name in rules.columns if name in cases.given)]
    pieces = one_by_one(batches(backend, cases.table.select(columns)))
    results = GROUPING.answers(pieces, partial(grouper_of, rules), cases.id_columns, threads())
    GROUPING.write(results, path, cases.id_columns, {}, progress)
    return backend.read_parquet(str(path))


def group_words(pack: Pack) -> dict[str, Word]:
    """The names of a pack's groups, ADRGs that are given out among them; a pack names them in one language."""
    rules = [rule for its in pack.rules.values() for rule in its]
    return {group.drg: Word(group.name, group.name) for rule in rules for group in rule.groups if group.name}


def pack_weights(pack: Pack | None, cells: pa.Table) -> pa.Table | None:
    """The case mix of hospitals by the weights that the pack publishes; null where it publishes none.

    `cells`: cases by hospital and group, see `norms.published`.
    """
    if pack is None or not pack.weights:
        return None
    weights = pa.table([list(pack.weights), list(pack.weights.values())], names=WEIGHTS)
    return published(cells, weights)


def is_grouped(cases: ir.Table) -> ir.BooleanValue:
    """Whether a case came into a group."""
    return cases.status == GROUPED
