"""`yiheng drg group --pack auto`: each case by the pack that is in force in a place on its discharge date."""

from pathlib import Path

from yiheng.base.progress import Progress
from yiheng.cases.input import open_cases
from yiheng.cli.drg_engine import group_found
from yiheng.drg.case import NEEDED, USED
from yiheng.drg.kernel.chosen import Chosen
from yiheng.drg.kernel.dated import DAY, by_day
from yiheng.drg.packs.places import packs_in_force, registry
from yiheng.tables.engine import engine


def group_by_day(
    place: str, path: Path, commit: int | None, out: Path, about: dict[str, str], progress: Progress
) -> tuple[Chosen, dict[str, int]]:
    """Group each case by the pack that is in force in a place on its discharge date.

    The registry is that of DATA, else the one with Yiheng. A case without a date or pack is refused before any is
    grouped.
    """
    own = path / "policy" / "drg"
    folder = own if own.is_dir() else None
    in_force = packs_in_force(place, registry(folder), folder)
    with engine() as backend:
        found = open_cases(backend, path, commit, (*USED, DAY))
        found.need(*NEEDED, DAY)
        days = found.table.order_by("row").select(DAY).to_pyarrow().column(DAY)
        chosen = by_day(days, in_force, found.shown)
        return chosen, group_found(backend, chosen, path, found, out, about | {"place": place}, progress)
