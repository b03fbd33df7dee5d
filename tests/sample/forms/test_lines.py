"""Charge lines add up, belong to their stay, and are the same in whatever batch their case comes."""

from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from yiheng.sample.fees import CATEGORIES
from yiheng.sample.forms.items import items
from yiheng.sample.forms.lines import charge_lines
from yiheng.sample.tables import table, words
from yiheng.tables.contract import contract

SEED = 20


@pytest.fixture(scope="module")
def lines(some: pa.Table) -> pa.Table:
    return pa.Table.from_batches([charge_lines(SEED, some)])


def test_the_lines_are_of_the_contract_about_as_many_as_asked_for(some: pa.Table, lines: pa.Table) -> None:
    assert lines.schema.equals(contract("lines").schema)
    assert 18 < lines.num_rows / some.num_rows < 22
    assert charge_lines(SEED, some.slice(0, 500), 200).num_rows / 500 > 120


def test_lines_add_up_to_every_category_and_the_total(some: pa.Table, lines: pa.Table) -> None:
    found = {
        (row["case_id"], row["category"]): row["amount_sum"]
        for row in lines.group_by(["case_id", "category"]).aggregate([("amount", "sum")]).to_pylist()
    }
    for row in some.select(["case_id", "total_fee", *CATEGORIES]).to_pylist():
        amounts = [found.get((row["case_id"], name[-2:]), Decimal(0)) for name in CATEGORIES]
        assert amounts == [row[name] for name in CATEGORIES]
        assert sum(amounts) == row["total_fee"]


def test_quantity_times_price_is_the_amount(lines: pa.Table) -> None:
    for row in lines.slice(0, 60_000).select(["quantity", "unit_price", "amount"]).to_pylist():
        assert abs(row["quantity"] * row["unit_price"] - row["amount"]) <= Decimal("0.01")
        assert row["unit_price"] > 0
        assert (row["quantity"] > 0) == (row["amount"] > 0) != (row["amount"] < 0)


@pytest.mark.slow
def test_a_refund_is_less_than_what_was_charged_before_it(lines: pa.Table) -> None:
    refunded = set(lines.filter(pc.less(lines["amount"], Decimal(0)))["case_id"].to_pylist())
    assert 0.02 < len(refunded) / 12_000 < 0.4
    left: dict[tuple[str, str], list[Decimal]] = {}
    for row in lines.to_pylist():
        if row["case_id"] in refunded:
            sums = left.setdefault((row["case_id"], row["item_code"]), [Decimal(0), Decimal(0)])
            sums[0] += row["quantity"]
            sums[1] += row["amount"]
    assert all(quantity > 0 and amount > 0 for quantity, amount in left.values())


def test_lines_lie_in_the_stay_and_are_numbered_by_day(some: pa.Table, lines: pa.Table) -> None:
    stays = dict(zip(some["case_id"].to_pylist(), some["los"].to_pylist(), strict=True))
    before = ("", 0, 0)
    for row in lines.select(["case_id", "line_no", "day_no"]).to_pylist():
        case_id, number, day = row["case_id"], row["line_no"], row["day_no"]
        assert 1 <= day <= stays[case_id]
        assert number == (before[1] + 1 if case_id == before[0] else 1)
        assert case_id != before[0] or day >= before[2]
        before = (case_id, number, day)


def test_a_case_has_its_lines_in_whatever_batch_it_comes(some: pa.Table, lines: pa.Table) -> None:
    parts = [charge_lines(SEED, some.slice(first, 4_001)) for first in range(0, 12_000, 4_001)]
    assert pa.Table.from_batches(parts).equals(lines)
    assert not pa.Table.from_batches([charge_lines(SEED + 1, some)]).equals(lines)


def test_a_case_without_fees_has_no_lines(some: pa.Table) -> None:
    rows = [{**row, **dict.fromkeys(CATEGORIES, Decimal(0))} for row in some.slice(0, 3).to_pylist()]
    unknown = [{**row, **dict.fromkeys(CATEGORIES), "los": None} for row in rows]
    for each in (rows, unknown, []):
        assert charge_lines(SEED, pa.Table.from_pylist(each, schema=some.schema)).num_rows == 0


def test_what_a_line_says_of_its_item_is_what_the_list_says(lines: pa.Table) -> None:
    listed = {row["code"]: row for row in table("items")}
    flags = ("is_drug", "is_material", "negotiated", "procured")
    for row in lines.slice(0, 20_000).to_pylist():
        item = listed[row["item_code"]]
        assert [row[name] for name in flags] == [item[name] == "1" for name in flags]
        assert (row["item_name"], row["category"], row["list_class"]) == (
            item["name"], item["category"], item["list_class"],
        )  # fmt: skip
        assert row["month"] // 100 == row["year"] == 2024


def test_diseases_and_operations_use_items_of_their_own(some: pa.Table, lines: pa.Table) -> None:
    principal = dict(zip(some["case_id"].to_pylist(), (dx[0] for dx in some["dx"].to_pylist()), strict=True))

    def share(name: str, chapter: str) -> float:
        rows = [
            row for row in lines.select(["case_id", "item_name", "category"]).to_pylist() if row["category"] == "09"
        ]
        own = [row["item_name"] for row in rows if principal[row["case_id"]].startswith(chapter)]
        return sum(name in item for item in own) / len(own)

    assert share("胰岛素", "E1") > 10 * share("胰岛素", "J")
    assert share("支气管舒张药", "J") > 5 * share("支气管舒张药", "F")


def test_hospitals_differ_in_their_habits(lines: pa.Table) -> None:
    drugs = lines.filter(pc.equal(lines["category"], "04"))
    found = drugs.group_by(["hospital", "item_code"]).aggregate([("item_code", "count")]).to_pylist()
    first, second = (
        {row["item_code"]: row["item_code_count"] for row in found if row["hospital"] == code}
        for code in words("hospitals", "code")[:2]
    )
    ratio = [
        first[code] / sum(first.values()) / (second[code] / sum(second.values())) for code in first if code in second
    ]
    assert min(ratio) < 0.67 < 1.5 < max(ratio)


def test_the_item_list_is_whole() -> None:
    assert len(set(words("items", "code"))) == len(items().code) == len(set(words("items", "name")))
    assert [items().category[index] for index in items().settling] == list(range(14))
    assert set(words("items", "list_class")) == {"A", "B", "own"}
    assert all(name.startswith("演示") for name in words("items", "name"))
    families = set(words("families", "family")) | {""}
    assert {name for cell in words("items", "families") for name in cell.split("|")} <= families
