"""`--pack auto --place PLACE`: each case by the pack that is in force in a place on its discharge date."""

from pathlib import Path

import pyarrow as pa

from yiheng.base.progress import Progress
from yiheng.cases.input import Cases, open_cases
from yiheng.cli.drg_engine import group_found, group_found_by_cluster
from yiheng.cli.drg_place import AUTO
from yiheng.drg.case import NEEDED, USED
from yiheng.drg.kernel.applied import Applied, of_each_day, one_pack
from yiheng.drg.kernel.chosen import Chosen
from yiheng.drg.kernel.dated import DAY, by_day
from yiheng.drg.packs.opening import open_pack
from yiheng.drg.packs.places import InForce, packs_in_force, registry
from yiheng.tables.engine import engine


def packs_at(place: str, path: Path) -> InForce:
    """The packs of a place by the registry of DATA at `path`, else by the one with Yiheng."""
    own = path / "policy" / "drg"
    folder = own if own.is_dir() else None
    return packs_in_force(place, registry(folder), folder)


def days_of(found: Cases) -> pa.ChunkedArray:
    """The discharge dates of all cases, in order; cases without such a column are refused."""
    found.need(*NEEDED, DAY)
    return found.table.order_by("row").select(DAY).to_pyarrow().column(DAY)


def applied(given: str, place: str | None, path: Path, found: Cases) -> Applied:
    """The pack that `given` means, or for auto the packs in force in `place` on the days of the cases."""
    if given != AUTO or place is None:
        return one_pack(open_pack(given))
    return of_each_day(days_of(found), packs_at(place, path), found.shown)


def group_by_day(
    place: str,
    path: Path,
    commit: int | None,
    out: Path,
    about: dict[str, str],
    cluster: str | None,
    progress: Progress,
) -> tuple[Chosen, dict[str, int]]:
    """Group each case by the pack that is in force in a place on its discharge date, here or on a cluster.

    A case without a date or pack is refused before any is grouped.
    """
    in_force = packs_at(place, path)
    with engine() as backend:
        found = open_cases(backend, path, commit, (*USED, DAY))
        chosen = by_day(days_of(found), in_force, found.shown)
        about = about | {"place": place}
        if cluster is None:
            return chosen, group_found(backend, chosen, path, found, out, about, progress)
        return chosen, group_found_by_cluster(backend, cluster, chosen, path, found, out, about, progress)
