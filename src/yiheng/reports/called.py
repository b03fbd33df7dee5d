"""What the data call things (数据中的名称): hospitals, departments, codes and groups, as a commit has them."""

from collections.abc import Iterable

import pyarrow as pa

from yiheng.base.words import Word
from yiheng.dip.keys import KeyLengths
from yiheng.dip.label import group_label, key_names
from yiheng.norms.institutions import spans
from yiheng.reports.naming import Place, place_of
from yiheng.tables.snapshot import Snapshot

Names = dict[tuple[str, str], Word]


def names_held(snapshot: Snapshot, lengths: KeyLengths) -> Names:
    """(kind, code) -> name: dx and proc by the keys of these lengths, hospital, group, and dept by "hospital:dept"."""
    rows = snapshot.table("names").to_pyarrow().to_pylist()
    said = [(row["kind"], row["edition"], row["code"], _word(row["zh"], row["en"], row["code"])) for row in rows]
    found = key_names(said, lengths)
    found |= {(kind, code): name for kind, _, code, name in said if kind not in ("dx", "proc")}
    depts = snapshot.table("dept").select("hospital", "code", "name", "name_en").to_pyarrow().to_pylist()
    return found | {
        ("dept", f"{row['hospital']}:{row['code']}"): _word(row["name"], row["name_en"], row["code"]) for row in depts
    }


def dip_labels(groups: Iterable[str], names: Names) -> Names:
    """What DIP groups are called, from the names of the codes that make them."""
    return {("group", code): group_label(code, names) for code in groups}


def hospitals_held(snapshot: Snapshot) -> pa.Table:
    """code, name, name_en, level, kind, county of every institution by its latest row, also one that has closed."""
    table = snapshot.table("institution").to_pyarrow()
    held = [its.row for its in spans(table, ("code",)) if its.last]
    found = pa.Table.from_pylist(held, schema=table.schema).sort_by("code")
    return found.select(["code", "name", "name_en", "level", "kind", "county"])


def places_held(snapshot: Snapshot) -> dict[str, Place]:
    """The same by code, as a page shows them."""
    return {row["code"]: place_of(row) for row in hospitals_held(snapshot).to_pylist()}


def _word(zh: str | None, en: str | None, code: str) -> Word:
    return Word(zh or en or code, en or zh or code)
