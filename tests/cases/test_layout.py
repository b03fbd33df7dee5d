"""A canonical file has the case table's own columns, or is refused."""

from pathlib import Path

import pytest

from yiheng.base.refusal import Refusal
from yiheng.cases.layout import Recipe, canonical
from yiheng.tables.contract import contract

UNKNOWN = ": is not a column of the table cases"


def test_lists_are_split_and_the_load_s_own_columns_are_left_out() -> None:
    layout = canonical(["case_id", "hospital", "year", "dx", "source_row", "list_version"], Path("a.csv"))
    assert layout.columns == {
        "case_id": Recipe(("case_id",)), "hospital": Recipe(("hospital",)), "year": Recipe(("year",)),
        "dx": Recipe(("dx",), split="|"),
    }  # fmt: skip
    assert layout.sources() == ["case_id", "hospital", "year", "dx"]


def test_every_column_of_the_table_is_known() -> None:
    names = contract("cases").schema.names
    assert set(names) - set(canonical(names, Path("a.csv")).columns) == {"source_file", "source_row", "list_version"}


@pytest.mark.parametrize(
    ("header", "line"),
    [
        (["hospital", "case_id", "year", "Total_Fee"], f"column Total_Fee{UNKNOWN} -> did you mean total_fee?"),
        (["hospital", "case_id", "year", "zzzz"], f"column zzzz{UNKNOWN} -> give a mapping file"),
        (["hospital", "year"], "no column case_id -> a case needs hospital, case_id and a year"),
        (["hospital", "case_id"], "no column year and no discharge_date -> give one of them"),
    ],
)  # fmt: skip
def test_other_headers_are_refused(header: list[str], line: str) -> None:
    with pytest.raises(Refusal) as caught:
        canonical(header, Path("folder/a.csv"))
    assert str(caught.value).removeprefix("file a.csv").lstrip(":, ") == line


def test_what_a_column_is_called_by_its_sender() -> None:
    assert Recipe(("组", "级")).shown == "组+级"
    assert Recipe(constant="x").shown == ""
