"""What `yiheng drg explain` says of one case: its way, near misses, a simulation; as lines or as data."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yiheng.drg.case import case_of
from yiheng.drg.packs.opening import open_pack
from yiheng.drg.packs.pack import Pack
from yiheng.drg.telling.explanation import as_data, explain
from yiheng.drg.telling.lines import told, told_near, told_what_if
from yiheng.drg.telling.near import near, near_data
from yiheng.drg.telling.whatif import Changes, changed, what_if, what_if_data


@dataclass(frozen=True)
class Asked:
    """How it is to be said: zh or en, as data, with near misses."""

    lang: str
    as_json: bool
    near: bool


def pack_for(given: str, place: str | None, path: Path | None, row: Mapping[str, Any]) -> Pack:
    """The pack that `given` means; for auto the one in force in `place` on the day of the case.

    The registry is that of DATA at `path`, else the one with Yiheng. A case without a date or pack is refused.
    """
    if place is None:
        return open_pack(given)
    from yiheng.cli.drg_by_day import packs_at
    from yiheng.drg.kernel.applied import pack_of_day

    return pack_of_day(row.get("discharge_date"), packs_at(place, path or Path()), str(path or ""))


def explained_lines(pack: Pack, row: Mapping[str, Any], changes: Changes, asked: Asked) -> list[str]:
    """The explanation of a row of the case table under a pack; a simulation if it has changes."""
    case = case_of(row, pack.switches.weight_column)
    if changes == Changes():
        found = explain(pack, case)
        data, lines = as_data(found), list(told(found, pack, asked.lang))
    else:
        tried = what_if(pack, case, changes)
        data, lines = what_if_data(tried), list(told_what_if(tried, pack, asked.lang))
    if asked.near:
        its = near(pack, changed(case, changes))
        data["near"] = near_data(its)
        lines += told_near(its, pack, asked.lang)
    return [json.dumps(data, ensure_ascii=False, indent=1)] if asked.as_json else lines
