"""Items and acts as tables, and what is counted of them."""

from dataclasses import replace
from datetime import datetime, timedelta

import pyarrow as pa
import pytest
from site_small.flow import ERRAND
from site_small.models import Errand

from yiheng.site.base.clock.span import days as span_of_days
from yiheng.site.base.flow.act import act
from yiheng.site.base.flow.models import Deadline, Item
from yiheng.site.base.flow.sight import counted
from yiheng.site.base.flow.tables import acts_contract, acts_table, items_contract, items_table, statistics

from ..town import NOW, Town, lend
from .clocks import declared, limit


def do(town: Town, name: str, step: str, item: Item, days: float, **data: object) -> None:
    act(town.actor(name), town.asked(step, item, "理由", **data), NOW + timedelta(days=days))


@pytest.fixture
def errands(town: Town) -> list[Item]:
    """One closed after 10 days, one taken, one draft of the other hospital's."""
    one, two, three = town.begin(), town.begin(amount="0.01"), town.begin(receiver="E")
    do(town, "dan", "send", one, 1)
    do(town, "wei", "comment", one, 2, text="收到")
    do(town, "wei", "take", one, 3.5, owner="wen")
    do(town, "wen", "finish", one, 6)
    do(town, "lin", "confirm", one, 10)
    do(town, "dan", "send", two, 0.5)
    lend(town.people["wei"], town.people["edd"])
    do(town, "edd", "take", two, 2, owner="wei")
    return [one, two, three]


@pytest.mark.usefixtures("errands")
def test_an_item_has_its_untagged_fields_and_nobodys_name() -> None:
    table = items_table(ERRAND, NOW + timedelta(days=20))
    assert table.schema == items_contract(ERRAND).schema
    assert table.column_names == [
        "item", "number", "version", "state", "made_at", "changed_at", "ended_at", "days", "sender", "receiver",
        "subject", "amount",
    ]  # fmt: skip
    assert table.select(["state", "days", "sender", "receiver", "subject", "amount"]).to_pylist() == [
        {"state": "closed", "days": 10.0, "sender": "E", "receiver": "W", "subject": "血样", "amount": 9000},
        {"state": "taken", "days": 20.0, "sender": "E", "receiver": "W", "subject": "血样", "amount": 1},
        {"state": "draft", "days": 20.0, "sender": "E", "receiver": "E", "subject": "血样", "amount": 9000},
    ]
    assert table["made_at"].to_pylist() == [datetime(2026, 3, 2, 9, 0)] * 3  # noqa: DTZ001 (the zone's own time)
    assert table["ended_at"].to_pylist() == [datetime(2026, 3, 12, 9, 0), None, None]  # noqa: DTZ001
    said = str(table.to_pylist())
    assert not [name for name in ("丹", "卫", "dan", "wei", "加急") if name in said]


def test_an_act_has_its_step_its_days_and_the_post_it_was_done_in(errands: list[Item]) -> None:
    table = acts_table(ERRAND)
    assert table.schema == acts_contract(ERRAND).schema
    columns = ("step", "from_state", "to_state", "days_in_state", "role", "institution", "is_lent")
    rows = [tuple(row[name] for name in columns) for row in table.to_pylist() if row["item"] == errands[0].pk]
    assert rows == [
        ("begin", None, "draft", None, "doctor", "E", False),
        ("send", "draft", "sent", 1.0, "doctor", "E", False),
        ("comment", "sent", "sent", 1.0, "errand_desk", "W", False),
        ("take", "sent", "taken", 2.5, "errand_desk", "W", False),
        ("finish", "taken", "done", 2.5, "errand_desk", "W", False),
        ("confirm", "done", "closed", 4.0, "leader", "W", False),
    ]
    lent = [row for row in table.to_pylist() if row["is_lent"]]
    assert [(row["step"], row["role"], row["institution"]) for row in lent] == [("take", "errand_desk", "W")]
    assert not [name for name in ("丹", "卫", "dan", "wei") if name in str(table.to_pylist())]


@pytest.mark.usefixtures("town")
def test_tables_of_nothing_have_their_columns() -> None:
    assert items_table(ERRAND, NOW).schema == items_contract(ERRAND).schema
    assert acts_table(ERRAND).num_rows == items_table(ERRAND, NOW).num_rows == 0
    found = statistics(ERRAND, Errand.objects.all(), NOW, "receiver", 1)
    assert (found.states.num_rows, found.places.num_rows, found.ended, found.median_days) == (0, 0, None, None)


def test_only_given_items_are_in_them(town: Town, errands: list[Item]) -> None:
    seen = counted(ERRAND, town.actor("com"))
    west = seen.filter(receiver__code="W")
    assert items_table(ERRAND, NOW, west)["item"].to_pylist() == [errands[0].pk, errands[1].pk]
    assert set(acts_table(ERRAND, west)["item"].to_pylist()) == {errands[0].pk, errands[1].pk}
    assert items_table(ERRAND, NOW, counted(ERRAND, town.actor("out"))).num_rows == 0


def rows(table: pa.Table, *names: str) -> set[tuple[object, ...]]:
    return {tuple(row[name] for name in names) for row in table.to_pylist()}


@pytest.mark.usefixtures("errands")
def test_states_places_and_months_are_counted_with_their_totals() -> None:
    found = statistics(ERRAND, Errand.objects.all(), NOW, "receiver", 1)
    assert rows(found.states, "state", "items") == {("closed", 1), ("taken", 1), ("draft", 1), ("all", 3)}
    assert rows(found.places, "place", "month", "items") == {
        ("W", "2026-03", 2), ("E", "2026-03", 1), ("W", "all", 2), ("E", "all", 1), ("all", "2026-03", 3),
        ("all", "all", 3),
    }  # fmt: skip
    assert (found.ended, found.median_days) == (1, 10.0)


@pytest.mark.usefixtures("errands")
def test_small_cells_are_hidden_from_others(town: Town) -> None:
    for _ in range(3):
        town.begin()
    found = statistics(ERRAND, Errand.objects.all(), NOW, "receiver", 2)  # draft 4, closed and taken 1 each; W 5, E 1
    assert rows(found.states, "state", "items", "hidden") == {
        ("closed", None, True), ("taken", None, True), ("draft", None, True), ("all", 6, False),
    }  # fmt: skip
    assert rows(found.places, "place", "month", "items") >= {("all", "all", 6), ("E", "2026-03", None)}
    assert (found.ended, found.median_days) == (None, None)


@pytest.mark.usefixtures("errands")
def test_a_total_that_one_table_hides_the_other_does_not_say() -> None:
    found = statistics(ERRAND, Errand.objects.all(), NOW, "receiver", 2)  # three states of at least one make three
    assert rows(found.states, "state", "items") == {("closed", None), ("taken", None), ("draft", None), ("all", None)}
    assert set(found.places["items"].to_pylist()) == {None}
    assert set(found.places["hidden"].to_pylist()) == {True}


def test_what_is_counted_too_has_its_values_with_their_total(town: Town) -> None:
    flow = replace(ERRAND, counted_too=("subject",))
    for subject in ("急诊", "急诊", "急诊", "急诊", "门诊", "门诊", "体检"):
        town.begin(subject=subject)
    found = statistics(flow, Errand.objects.all(), NOW, "receiver", 1).kinds
    assert rows(found["subject"], "value", "items") == {("急诊", 4), ("门诊", 2), ("体检", 1), ("all", 7)}
    hidden = statistics(flow, Errand.objects.all(), NOW, "receiver", 2).kinds
    assert rows(hidden["subject"], "value", "items") == {("急诊", 4), ("门诊", None), ("体检", None), ("all", 7)}
    all_hidden = statistics(flow, Errand.objects.all(), NOW, "receiver", 8).kinds
    assert set(all_hidden["subject"]["items"].to_pylist()) == {None}


def test_an_institution_knows_its_own_cells(town: Town) -> None:
    for receiver in "WWWE":
        town.begin(receiver=receiver)
    other = statistics(ERRAND, Errand.objects.all(), NOW, "receiver", 2)
    own = statistics(ERRAND, Errand.objects.all(), NOW, "receiver", 2, own="E")
    assert ("E", "2026-03", None) in rows(other.places, "place", "month", "items")
    assert ("E", "2026-03", 1) in rows(own.places, "place", "month", "items")


def test_the_median_is_one_of_the_values(town: Town) -> None:
    for length in (1, 2, 40, 50):
        item = town.begin()
        do(town, "dan", "cancel", item, length)
    found = statistics(ERRAND, Errand.objects.all(), NOW, "sender", 1)
    assert (found.ended, found.median_days) == (4, 2.0)


def test_on_time_is_counted_with_what_was_decided(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    flow = declared(monkeypatch, limit(span_of_days(2)))
    kept, late, open_late, running = (town.begin() for _ in range(4))
    for item in (kept, late, open_late):
        do(town, "dan", "send", item, 0)
    do(town, "wei", "take", kept, 1, owner="wen")
    do(town, "wei", "take", late, 3, owner="wen")
    do(town, "dan", "send", running, 4)
    assert Deadline.objects.count() == 4
    found = statistics(flow, Errand.objects.all(), NOW + timedelta(days=5), "sender", 1)
    assert rows(found.on_time, "limit", "decided", "on_time") == {("answer", 3, 1), ("all", 3, 1)}
    hidden = statistics(flow, Errand.objects.all(), NOW + timedelta(days=5), "sender", 4)
    assert rows(hidden.on_time, "decided", "on_time", "hidden") == {(None, None, True)}
