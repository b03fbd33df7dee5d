"""Two packs compared (方案对比): rows added, removed and changed in each table, and what each says about itself."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from yiheng.drg.packs.content import Content
from yiheng.drg.packs.edits import ADD, OP, REMOVE, REPLACE, Key, key_of
from yiheng.drg.packs.rows import Cells
from yiheng.drg.packs.schema import Form, forms, keys

ADDED, REMOVED, CHANGED = "added", "removed", "changed"
COLUMNS = ("table", "operation", "key", "column", "before", "after")


@dataclass(frozen=True)
class Change:
    """One row that differs; `before` is None where it was added, `after` where it was removed."""

    key: Key
    before: Cells | None
    after: Cells | None

    @property
    def operation(self) -> str:
        return ADDED if self.before is None else REMOVED if self.after is None else CHANGED


@dataclass(frozen=True)
class Difference:
    """All that differs between two packs: values of pack.toml by key, rows by table; tables alike are left out."""

    about: Mapping[str, tuple[Any, Any]]
    tables: Mapping[str, tuple[Change, ...]]

    def rows(self) -> Iterator[tuple[str, str, str, str, str, str]]:
        """One row of COLUMNS for each value of pack.toml, row added or removed, and cell changed."""
        for name, (before, after) in self.about.items():
            yield "pack.toml", CHANGED, name, "", _said(before), _said(after)
        for table, changes in self.tables.items():
            for change in changes:
                yield from _rows(forms()[table], change)


def difference(before: Content, after: Content) -> Difference:
    """What differs between two packs, diffs put together with their bases; rows in the order of their keys."""
    tables = {form.name: _changes(before, after, form) for form in forms().values()}
    return Difference(_about(before, after), {name: its for name, its in tables.items() if its})


def edits_of(difference: Difference) -> dict[str, bytes]:
    """The tables of a diff that makes the second pack out of the first, by file."""
    return {forms()[name].file: _edits(forms()[name], its) for name, its in difference.tables.items()}


def _about(before: Content, after: Content) -> dict[str, tuple[Any, Any]]:
    found: dict[str, tuple[Any, Any]] = {}
    for name in keys():
        if name not in ("base", "base_digest", "digest", "switches"):
            found[name] = (before.said.values.get(name), after.said.values.get(name))
    one, other = vars(before.said.switches), vars(after.said.switches)
    found |= {f"switches.{name}": (one[name], other[name]) for name in one}
    return {name: pair for name, pair in found.items() if pair[0] != pair[1]}


def _changes(before: Content, after: Content, form: Form) -> tuple[Change, ...]:
    one, other = (_by_key(content, form) for content in (before, after))
    keys_ = sorted(one.keys() | other.keys())
    return tuple(
        Change(key, one.get(key), other.get(key)) for key in keys_ if _differ(one.get(key), other.get(key), form)
    )


def _by_key(content: Content, form: Form) -> dict[Key, Cells]:
    return {key_of(cells, form): cells for cells in content.table(form.name).cells}


def _differ(one: Cells | None, other: Cells | None, form: Form) -> bool:
    """Whether two rows differ in what is not their key, which may be spelled in two ways."""
    if one is None or other is None:
        return True
    return any(name not in form.key and a != b for name, a, b in zip(form.names, one, other, strict=True))


def _rows(form: Form, change: Change) -> Iterator[tuple[str, str, str, str, str, str]]:
    key = " ".join(change.key)
    if change.before is not None and change.after is not None:
        for name, before, after in zip(form.names, change.before, change.after, strict=True):
            if before != after and name not in form.key:
                yield form.name, CHANGED, key, name, before, after
    else:
        texts = [", ".join(cell for cell in cells if cell) if cells else "" for cells in (change.before, change.after)]
        yield form.name, change.operation, key, "", texts[0], texts[1]


def _edits(form: Form, changes: tuple[Change, ...]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([OP, *form.names])
    for change in changes:
        if change.after is None:
            writer.writerow([REMOVE, *(change.before or ())])
        else:
            writer.writerow([ADD if change.before is None else REPLACE, *change.after])
    return text.getvalue().encode()


def _said(value: Any) -> str:
    return "" if value is None else str(value)
