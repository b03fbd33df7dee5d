"""Who pays adds up to the fee on every case."""

from typing import Any

Row = dict[str, Any]

FUNDS = ("pool_pay", "large_pay", "aid_pay", "other_fund", "account_pay", "cash_pay")


def test_payments_add_up_and_none_is_negative(rows: list[Row]) -> None:
    for row in rows:
        assert sum(row[name] for name in FUNDS) == row["total_fee"]
        assert row["patient_pay"] == row["account_pay"] + row["cash_pay"]
        assert min(row[name] for name in FUNDS) >= 0


def test_who_pays_alone_has_no_settlement_and_no_insured_area(rows: list[Row]) -> None:
    alone = [row for row in rows if row["payer"] == "self"]
    assert alone
    for row in alone:
        assert row["cash_pay"] == row["total_fee"]
        assert row["settlement_id"] is None
        assert row["insured_area"] is None


def test_every_payer_occurs_and_maternity_only_with_pregnancy(rows: list[Row]) -> None:
    assert {row["payer"] for row in rows} == {"employee", "resident", "maternity", "self", "other"}
    assert all(row["dx"][0].startswith("O") for row in rows if row["payer"] == "maternity")
