"""Who may change a limit, by how many hands, and what stays of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured

from yiheng.base.words import Word
from yiheng.site.base.audit.models import Entry, Look
from yiheng.site.base.ledger import moves
from yiheng.site.base.ledger.declare import Ledger, declare, ledgers
from yiheng.site.base.ledger.limits import Wanted, confirm, confirm_all, key_of, propose, reject, reject_all
from yiheng.site.base.ledger.models import Cell, Movement, Proposal
from yiheng.site.base.ledger.moves import Ask
from yiheng.site.base.ledger.reading import prove
from yiheng.site.base.ledger.refused import Hindered
from yiheng.site.base.ledger.seeing import cells_for, ledgers_for, proposals_for, sheet_of
from yiheng.site.base.ledger.units import Unit
from yiheng.site.base.party import RoleAt
from yiheng.site.base.places.roles import FINANCE
from yiheng.site.base.refused import NotDone

from ..town import NOW, Town, lend, made_up_number, make_person
from .made import BEDS, PURSE, by, legs, purse


@pytest.fixture
def bank(town: Town) -> Town:
    """The town with two of the east's finance office, one of the west's, and somebody who keeps beds."""
    for name, post in {
        "fin": ("finance", town.east), "fis": ("finance", town.east), "oth": ("finance", town.west),
        "ops": ("operations", town.east), "aud": ("auditor", town.east),
    }.items():  # fmt: skip
        town.people[name] = make_person(name, post)
    town.people["tak"] = make_person("tak")
    return town


def ask(
    town: Town, who: str = "fin", amount: int = 1_500, source: str = "院发〔2026〕3号", **other: object
) -> Proposal:
    wanted = replace(Wanted(town.east, "E|A", amount, "设备费"), **other)  # type: ignore[arg-type]
    return propose(town.actor(who), PURSE, wanted, source, NOW)


def refused(code: str, does: Callable[[], object]) -> None:
    """It is refused with this code and kept, and nothing has changed."""

    def state() -> list[object]:
        tables = (Cell, Movement, Proposal)
        return [*(list(table.objects.order_by("pk").values()) for table in tables), Entry.objects.count()]

    before, looks = state(), Look.objects.count()
    with pytest.raises(NotDone) as told:
        does()
    assert told.value.code == code
    assert state() == before
    assert [look.outcome for look in Look.objects.order_by("pk")][looks:] == [code]


def test_money_is_opened_and_changed_by_two(bank: Town) -> None:
    draft = ask(bank, amount=1_000)
    assert (draft.was, draft.change, draft.state, Cell.objects.count()) == (None, 1_000, "draft", 0)
    held = confirm(bank.actor("eva"), draft, NOW)
    cell = Cell.objects.get()
    assert (held.cell, cell.key, cell.name, cell.place, cell.unit) == (cell, "E|A", "设备费", bank.east, "fen")
    again = ask(bank, amount=1_500, name="")
    assert (again.was, again.name) == (1_000, "设备费")
    assert legs(cell) == (1_000, 0, 0, 0)
    confirm(bank.actor("fis"), again, NOW)
    assert legs(cell) == (1_500, 0, 0, 0)
    notes = Movement.objects.order_by("pk").values_list("amount", "person", "reason")
    assert list(notes) == [
        (1_000, bank.people["eva"].pk, "院发〔2026〕3号"), (500, bank.people["fis"].pk, "院发〔2026〕3号")
    ]  # fmt: skip
    assert [(entry.action, entry.person.pk, entry.detail["approved"]) for entry in Entry.objects.order_by("seq")] == [
        ("ledger.propose", bank.people["fin"].pk, 1_000),
        ("ledger.confirm", bank.people["eva"].pk, 1_000),
        ("ledger.propose", bank.people["fin"].pk, 1_500),
        ("ledger.confirm", bank.people["fis"].pk, 1_500),
    ]
    assert prove("test_purse") == []


def test_what_is_counted_holds_at_once(bank: Town) -> None:
    wanted = Wanted(bank.east, key_of(bank.east, "外科"), 3, "外科床位", NOW)
    held = propose(bank.actor("ops"), BEDS, wanted, "科室排班", NOW)
    cell = Cell.objects.get()
    assert (held.state, held.cell, cell.key, cell.starts_at, cell.approved) == ("holds", cell, "E|外科", NOW, 3)


def test_nobody_else_asks(bank: Town) -> None:
    lend(bank.people["fin"], bank.people["tak"], cap=100)
    for name in ("eva", "oth", "tak", "aud", "com", "out"):
        refused("party", lambda name=name: ask(bank, name))
    cell = purse(1_000, "X|A", place=bank.west)
    refused("no_cell", lambda: ask(bank, key=cell.key))
    refused("no_cell", lambda: ask(bank, key="W|new"))


def test_what_cannot_be_asked_for(bank: Town) -> None:
    refused("reason", lambda: ask(bank, source=" "))
    refused("name", lambda: ask(bank, name=" "))
    refused("not_an_amount", lambda: ask(bank, amount=-1))
    refused("unchanged", lambda: ask(bank, amount=0))
    refused("identity", lambda: ask(bank, source=f"患者{made_up_number()}"))
    cell = purse(1_000, "E|A", place=bank.east)
    moves.hold([Ask(cell.pk, 600)], by())
    refused("unchanged", lambda: ask(bank, amount=1_000))
    refused("below_taken", lambda: ask(bank, amount=599))


def test_who_asked_does_not_confirm_nor_whom_it_was_lent_to(bank: Town) -> None:
    draft = ask(bank)
    refused("apart", lambda: confirm(bank.actor("fin"), draft, NOW))
    lend(bank.people["fin"], bank.people["tak"])
    refused("apart", lambda: confirm(bank.actor("tak"), draft, NOW))
    for name in ("oth", "lin", "aud", "out"):
        refused("party", lambda name=name: confirm(bank.actor(name), draft, NOW))
    confirm(bank.actor("eva"), draft, NOW)
    refused("state", lambda: confirm(bank.actor("fis"), draft, NOW))


def test_a_limit_that_has_moved_is_asked_for_anew(bank: Town) -> None:
    first, second = ask(bank, amount=1_000), ask(bank, amount=2_000)
    confirm(bank.actor("eva"), first, NOW)
    refused("moved", lambda: confirm(bank.actor("eva"), second, NOW))
    third, fourth = ask(bank, amount=3_000), ask(bank, amount=700)
    confirm(bank.actor("eva"), third, NOW)
    refused("moved", lambda: confirm(bank.actor("eva"), fourth, NOW))
    fifth = ask(bank, amount=700)
    moves.hold([Ask(Cell.objects.get().pk, 800)], by())
    refused("below_taken", lambda: confirm(bank.actor("eva"), fifth, NOW))


def test_a_limit_is_rejected_or_taken_back_with_a_reason(bank: Town) -> None:
    draft, other = ask(bank), ask(bank, amount=9)
    refused("reason", lambda: reject(bank.actor("eva"), draft, " ", NOW))
    refused("party", lambda: reject(bank.actor("oth"), draft, "不", NOW))
    held = reject(bank.actor("eva"), draft, "依据不足", NOW)
    assert (held.state, held.reason, held.decided_by) == ("rejected", "依据不足", bank.people["eva"])
    assert reject(bank.actor("fin"), other, "填错", NOW).decided_by == bank.people["fin"]
    refused("state", lambda: confirm(bank.actor("eva"), draft, NOW))
    assert Cell.objects.count() == 0


def test_who_sees_which_cells(bank: Town) -> None:
    mine, theirs = purse(1, "E|A", place=bank.east), purse(1, "W|A", place=bank.west)
    purse(1, "none")
    ask(bank, key="E|B")
    sees = {
        name: ([cell.pk for cell in cells_for(PURSE, bank.actor(name)).order_by("pk")],
               proposals_for(PURSE, bank.actor(name)).count())
        for name in ("fin", "eva", "aud", "oth", "lin", "com", "ops", "out")
    }  # fmt: skip
    east, west = ([mine.pk], 1), ([theirs.pk], 0)
    assert sees == {
        "fin": east, "eva": east, "aud": east, "oth": west, "lin": west, "com": ([], 0), "ops": ([], 0), "out": ([], 0)
    }  # fmt: skip
    codes = {name: {its.code for its in ledgers_for(bank.actor(name))} & {"test_purse", "test_beds"} for name in sees}
    assert (codes["fin"], codes["ops"], codes["com"]) == ({"test_purse"}, {"test_beds"}, set())
    lend(bank.people["fin"], bank.people["tak"], flow="errand")
    assert not cells_for(PURSE, bank.actor("tak")).exists()


def test_a_ledger_is_declared_once_and_rightly() -> None:
    assert ledgers()["test_purse"].unit is Unit.FEN
    with pytest.raises(ImproperlyConfigured, match="test_purse is declared twice"):
        declare(Ledger("test_purse", Word("别的", "other"), Unit.BED))
    keepers = RoleAt(FINANCE, "place")
    with pytest.raises(ImproperlyConfigured, match="somebody who confirms"):
        declare(Ledger("test_alone", Word("独", "alone"), Unit.FEN, keepers=keepers))
    with pytest.raises(ImproperlyConfigured, match="over `place`"):
        declare(Ledger("test_other", Word("别", "other"), Unit.BED, keepers=RoleAt(FINANCE, "org")))
    assert not {"test_alone", "test_other"} & set(ledgers())


def sheet(town: Town, who: str = "fin") -> list[Proposal]:
    """A sheet of a cell that is there and of two new ones."""
    cell = Cell.objects.filter(key="E|A").first() or purse(1_000, "E|A", place=town.east)
    return [ask(town, who, 1_500 + number, key=key, name=key) for number, key in enumerate((cell.key, "E|C", "E|B"))]


def test_a_sheet_is_confirmed_or_rejected_at_once(bank: Town) -> None:
    confirm_all(bank.actor("eva"), PURSE, sheet(bank), NOW)
    assert list(Cell.objects.order_by("key").values_list("key", "approved")) == [
        ("E|A", 1_500), ("E|B", 1_502), ("E|C", 1_501),
    ]  # fmt: skip
    assert list(Proposal.objects.values_list("state", "decided_by")) == [("holds", bank.people["eva"].pk)] * 3
    assert (
        list(Entry.objects.filter(action="ledger.confirm").values_list("kind", "person"))
        == [("ledger.limit", bank.people["eva"].pk)] * 3
    )
    assert prove("test_purse") == []
    more = [ask(bank, amount=amount, key=key) for key, amount in (("E|A", 1), ("E|B", 2))]
    reject_all(bank.actor("fin"), PURSE, more[:1], "填错", NOW)
    reject_all(bank.actor("eva"), PURSE, more[1:], "依据不足", NOW)
    assert list(Proposal.objects.order_by("pk").values_list("state", "reason"))[3:] == [
        ("rejected", "填错"), ("rejected", "依据不足")
    ]  # fmt: skip
    assert Cell.objects.get(key="E|A").approved == 1_500


def test_of_a_sheet_nothing_is_decided_where_one_has_changed(bank: Town) -> None:
    rows, taken = sheet(bank), purse(900, "E|D", place=bank.east)
    rows.append(ask(bank, amount=500, key="E|D"))
    reject(bank.actor("fin"), rows[1], "填错", NOW)
    purse(7, "E|B", place=bank.east)
    moves.hold([Ask(taken.pk, 600)], by())
    with pytest.raises(Hindered) as told:
        confirm_all(bank.actor("eva"), PURSE, rows, NOW)
    assert [(row.key, why.zh) for row, why in told.value.lines] == [
        ("E|B", "申请之后额度已有变动，请退回并按现额度重新申请"), ("E|C", "该额度申请已办结"),
        ("E|D", "“设备费E|D”已占用6.00元，额度不能调整为5.00元"),
    ]  # fmt: skip
    assert told.value.text.zh == "有3项不能办理，一项也未写入：E|B、E|C、设备费E|D"
    refused("hindered", lambda: confirm_all(bank.actor("eva"), PURSE, rows, NOW))
    refused("hindered", lambda: reject_all(bank.actor("eva"), PURSE, rows, "不同意", NOW))
    reject_all(bank.actor("eva"), PURSE, [rows[0], *rows[2:]], "不同意", NOW)
    assert set(Proposal.objects.values_list("state", flat=True)) == {"rejected"}


def test_duties_of_a_sheet_are_apart_as_of_one(bank: Town) -> None:
    rows = sheet(bank)
    lend(bank.people["fin"], bank.people["tak"])
    for name, code in {"fin": "apart", "tak": "apart", "oth": "party", "aud": "party"}.items():
        refused(code, lambda name=name: confirm_all(bank.actor(name), PURSE, rows, NOW))
    mixed = [rows[0], ask(bank, "fis", 9, key="E|E", name="己")]
    refused("apart", lambda: confirm_all(bank.actor("fin"), PURSE, mixed, NOW))
    refused("reason", lambda: reject_all(bank.actor("eva"), PURSE, rows, " ", NOW))
    refused("identity", lambda: reject_all(bank.actor("eva"), PURSE, rows, made_up_number(), NOW))
    refused("party", lambda: reject_all(bank.actor("oth"), PURSE, rows, "不", NOW))


def test_a_sheet_is_what_one_person_asked_for_at_one_moment(bank: Town) -> None:
    rows, other = sheet(bank), ask(bank, "fis", 3, key="E|E", name="己")
    Proposal.objects.filter(pk=rows[2].pk).update(proposed_at=NOW - timedelta(microseconds=1))
    found = sheet_of(rows[0], proposals_for(PURSE, bank.actor("eva")))
    assert set(found) == set(rows[:2])
    assert list(sheet_of(other, proposals_for(PURSE, bank.actor("oth")))) == []
