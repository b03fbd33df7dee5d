"""What `yiheng drg explain` says of one case: its way, near misses, a simulation; as lines or as data."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from yiheng.drg.case import case_of
from yiheng.drg.packs.opening import open_pack
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


def explained_lines(given: str, row: Mapping[str, Any], changes: Changes, asked: Asked) -> list[str]:
    """The explanation of a row of the case table under the pack that `given` means; a simulation if it has changes."""
    pack = open_pack(given)
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
