"""Names of codes (编码名称): what sources call their codes, gathered on the way."""

import pyarrow as pa

from yiheng.cases.cells import Sheet, cells_of
from yiheng.cases.layout import Layout
from yiheng.cases.source import Rows
from yiheng.tables.contract import contract

Names = dict[tuple[str, str, str], tuple[str | None, str | None]]


def gather(layout: Layout, rows: Rows, names: Names) -> None:
    """Note what this source calls its codes; the first name stays."""
    sheet = Sheet(rows, layout.missing, layout.items_by)
    for naming in layout.names:
        parts = [cells_of(recipe, sheet, {}).text for recipe in (naming.code, naming.zh, naming.en)]
        seen = (
            pa.table(dict(zip(("code", "zh", "en"), parts, strict=True))).group_by(["code", "zh", "en"]).aggregate([])
        )
        for row in seen.to_pylist():
            if row["code"] is not None:
                names.setdefault((naming.kind, naming.edition, row["code"]), (row["zh"], row["en"]))


def as_rows(names: Names) -> pa.Table:
    """These names as rows of the table names, in order."""
    rows = [(*key, *texts) for key, texts in sorted(names.items())]
    return pa.table(list(map(list, zip(*rows, strict=True))), schema=contract("names").schema)
