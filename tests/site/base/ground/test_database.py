"""The one database: in the folder, or where its address says, told how the site asks."""

from pathlib import Path

import psycopg
import pytest

from yiheng.base.refusal import Refusal
from yiheng.site.base.ground.database import database

FOLDER = Path("site")


def test_without_an_address_it_lies_in_the_folder() -> None:
    its = database("", FOLDER)
    assert (its["NAME"], its["OPTIONS"]["transaction_mode"]) == (FOLDER / "site.sqlite3", "IMMEDIATE")


def test_an_address_is_read_part_by_part() -> None:
    its = database("postgresql://yi%40heng:p%2Fw@db:5433/%E5%8C%BB", FOLDER)
    assert [its[name] for name in ("USER", "PASSWORD", "HOST", "PORT", "NAME")] == ["yi@heng", "p/w", "db", 5433, "医"]


@pytest.mark.parametrize("address", ["mysql://a@b/c", "postgresql://a@b", "postgresql://a@b/", "yiheng"])
def test_another_address_is_refused(address: str) -> None:
    with pytest.raises(Refusal) as told:
        database(address, FOLDER)
    assert str(told.value) == (
        "column YIHENG_DATABASE: is not the address of a PostgreSQL database -> postgresql://user:password@host:port/name"
    )


@pytest.mark.postgres
def test_postgresql_is_told_how_the_site_asks(postgres: str) -> None:
    options = database(f"{postgres}/postgres", FOLDER)["OPTIONS"]["options"]
    with psycopg.connect(f"{postgres}/postgres", options=options) as connection:
        told = [
            connection.execute(f"SHOW {name}").fetchone() for name in ("random_page_cost", "join_collapse_limit", "jit")
        ]
    assert told == [("1.1",), ("4",), ("off",)]
