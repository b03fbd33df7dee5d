"""The forms that are known (已知表样清单)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from yiheng.base.packaged import packaged_rows
from yiheng.base.refusal import Refusal
from yiheng.base.words import Word, word
from yiheng.base.yamltext import read_yaml
from yiheng.cases.layout import Layout
from yiheng.cases.mapping import read_layout
from yiheng.tables.contract import contract

PLACES = ("institution", "membership", "dept", "physician", "beds", "staff", "population", "names")
_TABLES = ("cases", "lines", "icu", *PLACES)
_OFFICIAL = ("frontpage-hqms", "frontpage-2019", "settlement")
_FORMATS = {"cases": "canonical", "lines": "lines", "icu": "icu", "withdrawn": "withdrawn"}
# Their columns have Chinese names that are no names of one column: only the codes count.
_BY_CODE = ("cases",)


@dataclass(frozen=True)
class Form:
    """One form: `columns` are its own, code -> Chinese name, in order; `needed` are those that no file may lack.

    `format` is what `--format` calls it and what its rules are for. `layout` is None for a table's own columns, where
    it follows from the header.
    """

    id: str
    word: Word
    format: str
    table: str
    columns: Mapping[str, str]
    needed: tuple[str, ...]
    layout: Layout | None


@cache
def known_form(form_id: str) -> Form:
    """One of KNOWN, or the form of a withdrawal, which no load takes by itself; another id is refused."""
    if form_id in (*_TABLES, "withdrawn"):
        return _own(form_id)
    if form_id in _OFFICIAL:
        return _official(form_id)
    raise Refusal("there is no such form", value=form_id, cure=f"one of: {', '.join(KNOWN)}")


KNOWN = (*_TABLES, *_OFFICIAL)


def _own(table: str) -> Form:
    declared = contract(table)
    given = [column for column in declared.columns if column.name not in declared.own]
    columns = {column.name: column.name if table in _BY_CODE else column.zh for column in given}
    return Form(table, word(f"table_{table}"), _FORMATS.get(table, "places"), table, columns, declared.key, None)


def _official(form_id: str) -> Form:
    path = Path(f"{form_id}.yaml")
    content = read_yaml((files("yiheng.cases") / "forms" / path.name).read_text(encoding="utf-8"))
    layout = read_layout(content["layout"], path, content["table"])
    columns = {row["code"]: row["name"] for row in packaged_rows("yiheng.policy", f"forms/{content['columns_of']}.csv")}
    needed = tuple(
        source for name in (*contract(layout.table).key, "discharge_date") for source in layout.columns[name].sources
    )
    return Form(form_id, Word(content["zh"], content["en"]), content["format"], layout.table, columns, needed, layout)
