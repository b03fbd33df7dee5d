"""Countersign: every party answers, none waits for another."""

import pytest

from yiheng.site.base.flow.declare import Step
from yiheng.site.base.flow.refused import NotAllowed
from yiheng.site.base.panel.countersign import Countersign
from yiheng.site.base.panel.refused import NoSigner

from ..town import Town
from .hall import FIRST, SECOND, TOP, asked, declared, do, hold, poll_of, say, staffed, state_of, waits_for

ALL = Countersign(lambda item, now: (FIRST, SECOND, TOP))


@pytest.fixture
def hall(town: Town, monkeypatch: pytest.MonkeyPatch) -> Town:
    declared(monkeypatch, ALL)
    return staffed(town)


def test_all_parties_are_asked_at_once(hall: Town) -> None:
    item = asked(hall)
    path = hall.east.path
    assert waits_for(item) == {("finance", path, ""), ("operations", path, ""), ("leader", path, "")}
    for name in ("eva", "fay", "ora"):
        assert state_of(item) == "asked"
        say(hall, name, item)
    assert (state_of(item), poll_of(item).outcome) == ("taken", "agreed")


def test_the_first_that_refuses_ends_it(hall: Town) -> None:
    item = asked(hall)
    say(hall, "eva", item)
    say(hall, "ora", item, "refuse", "无需求")
    assert (state_of(item), item.todos.count()) == ("refused", 0)


def test_nobody_answers_for_two_where_another_may(hall: Town) -> None:
    hold(hall, "ora", "finance")
    item = asked(hall)
    say(hall, "ora", item)
    assert waits_for(item) == {("finance", hall.east.path, ""), ("leader", hall.east.path, "")}
    with pytest.raises(NotAllowed, match="answered"):
        say(hall, "ora", item)


def test_who_alone_holds_two_answers_once(hall: Town) -> None:
    hall.people["eva"].posts.all().delete()
    hold(hall, "ora", "leader")
    item = asked(hall)
    say(hall, "ora", item)
    assert waits_for(item) == {("finance", hall.east.path, "")}
    assert poll_of(item).basis["once"] == [2]


def test_an_empty_post_is_said_before_it_waits_for_ever(hall: Town) -> None:
    hall.people["ora"].posts.all().delete()
    item = hall.begin()
    with pytest.raises(NoSigner, match="no_signer"):
        hall.act("dan", "ask", item)
    assert (state_of(item), item.polls.count()) == ("draft", 0)


def test_an_added_signer_is_asked_too_and_a_narrowed_seat_stays_narrow(hall: Town) -> None:
    item = asked(hall)
    do(hall, "fay", "pass_on", item, reason="休假", duty="approve", person="fox")
    do(hall, "eva", "add_signer", item, reason="请西院会签", person="lin")
    path = hall.east.path
    assert waits_for(item) == {
        ("finance", path, "fox"), ("operations", path, ""), ("leader", path, ""), ("", "", "lin"),
    }  # fmt: skip
    for name in ("lin", "eva", "ora", "fox"):
        say(hall, name, item)
    assert state_of(item) == "taken"


def test_a_panel_that_is_left_is_closed(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    from yiheng.site.base.flow.verbs import withdraw
    from yiheng.site.base.panel.countersign import Countersign

    from .hall import ASKED, DRAFT

    back: Step = withdraw((ASKED,), DRAFT)
    declared(monkeypatch, Countersign(lambda item, now: (FIRST, TOP)), back)
    hall = staffed(town)
    item = asked(hall)
    hall.act("dan", "withdraw", item)
    assert (state_of(item), poll_of(item).outcome, poll_of(item).seats.filter(is_open=True).count()) == (
        "draft",
        "left",
        2,
    )
    hall.act("dan", "ask", item)
    say(hall, "fay", item)
    with pytest.raises(NotAllowed, match="touched"):
        hall.act("dan", "withdraw", item)
    assert state_of(item) == "asked"
