"""Checks of declarations: each finds what it is for in a flow that is broken in that one way."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from site_small.flow import CLOSED, DESK, DONE, DRAFT, ERRAND, REFUSED, SENT, TAKEN
from site_small.models import Errand

from yiheng.base.words import Word
from yiheng.site.base.accounts.models import Person
from yiheng.site.base.clock.span import days
from yiheng.site.base.flow import checks
from yiheng.site.base.flow.apps import FlowApp
from yiheng.site.base.flow.declare import Flow, Limit, Shows, Sight, Step, section, state
from yiheng.site.base.ledger.effects import HoldIn, Release
from yiheng.site.base.panel.countersign import Countersign
from yiheng.site.base.panel.vote import Vote
from yiheng.site.base.party import Author, Former, Outsider, Party, PersonIn, RoleAt, System
from yiheng.site.base.places.roles import LEADER, Role

LOST = state("lost", "遗失", "lost")
VOID = state("void", "作废", "void", fails=True)
SIGNED = Countersign(lambda item, now: ())
VOTED = Vote(lambda item, now: (), lambda item, now, electors: 1, lambda item, now, turnout: 1)


def found(*flows: Flow) -> list[tuple[str, str]]:
    return [(str(each.id), each.msg) for each in checks.findings(flows)]


def with_step(*steps: Step, **more: Any) -> Flow:
    return replace(ERRAND, steps=(*ERRAND.steps, *steps), **more)


def without(*names: str) -> Flow:
    steps = tuple(step for step in ERRAND.steps if step.name not in names)
    return replace(ERRAND, steps=steps, apart=(), limits=())


def step(name: str, frm: tuple[Any, ...], to: Any, who: Party | None = None, **more: Any) -> Step:
    return Step(name, Word("步骤", "step"), frm, to, Author() if who is None else who, **more)


def test_the_errand_and_every_flow_of_the_site_is_sound() -> None:
    assert found(ERRAND) == []
    assert checks.check_flows() == []


def test_django_runs_them() -> None:
    from django.core.checks.registry import registry

    assert FlowApp.name == "yiheng.site.base.flow"
    assert checks.check_flows in registry.get_checks()


BROKEN: dict[str, tuple[Callable[[], Flow], tuple[str, str]]] = {
    "a state that nothing leads to": (
        lambda: with_step(step("find", (LOST,), DONE)),
        ("E001", "no item ever comes to the state lost"),
    ),
    "no beginning": (
        lambda: without("begin"),
        ("E001", "has no beginning"),
    ),
    "a state that leads nowhere": (
        lambda: with_step(step("lose", (TAKEN,), LOST), step("look", (LOST,), None)),
        ("E002", "nothing leads on from the state lost"),
    ),
    "states that lead round in a ring": (
        lambda: with_step(
            step("lose", (TAKEN,), LOST),
            step("look", (LOST,), state("looked", "寻找", "looked for")),
            step("again", (state("looked", "寻找", "looked for"),), LOST),
        ),
        ("E002", "no end is reached from the state looked"),
    ),
    "a state that only side steps leave": (
        lambda: with_step(step("lose", (TAKEN,), LOST), step("find", (LOST,), DONE, side=True)),
        ("E003", "nobody is waited for in the state lost"),
    ),
    "a state that waits for the past alone": (
        lambda: with_step(step("lose", (TAKEN,), LOST), step("find", (LOST,), DONE, Former(DESK, "receiver"))),
        ("E003", "nobody is waited for in the state lost"),
    ),
    "a state that waits for an outsider alone": (
        lambda: with_step(step("lose", (TAKEN,), LOST), step("find", (LOST,), DONE, Outsider())),
        ("E003", "nobody is waited for in the state lost"),
    ),
    "one code, two states": (
        lambda: with_step(step("stop", (TAKEN,), state("closed", "终止", "stopped", ends=True))),
        ("E004", "the state closed is declared in two ways"),
    ),
    "two steps of one name": (
        lambda: with_step(step("take", (DRAFT,), SENT)),
        ("E004", "two steps are called take"),
    ),
    "a step called as a verb": (
        lambda: with_step(step("urge", (SENT,), SENT)),
        ("E004", "a step is called urge, as a verb of every flow is"),
    ),
    "nobody takes a step": (
        lambda: with_step(step("stop", (TAKEN,), CLOSED, System())),
        ("E005", "nobody may take the step stop"),
    ),
    "the site and a person": (
        lambda: with_step(step("stop", (TAKEN,), CLOSED, when=lambda item, now: True)),
        ("E005", "the site and a party take the step stop"),
    ),
    "an item without a state": (
        lambda: with_step(step("make", (), None)),
        ("E005", "the step make makes an item without a state"),
    ),
    "needed and not asked for": (
        lambda: with_step(step("stop", (TAKEN,), CLOSED, needs=("note",))),
        ("E006", "the step stop needs note and does not ask for it"),
    ),
    "a panel that cannot refuse": (
        lambda: with_step(step("sign", (TAKEN,), CLOSED, System(), panel=SIGNED)),
        ("E007", "the panel of sign cannot refuse"),
    ),
    "a vote that nothing comes of": (
        lambda: with_step(step("sign", (TAKEN,), CLOSED, panel=VOTED, refused=REFUSED)),
        ("E007", "the panel of sign may lack a quorum"),
    ),
    "a panel that asks for fields": (
        lambda: with_step(step("sign", (TAKEN,), CLOSED, panel=SIGNED, refused=REFUSED, asks=("note",))),
        ("E007", "the panel of sign asks for fields or begins"),
    ),
    "a panel that keeps what is held when it refuses": (
        lambda: with_step(
            step("hold", (TAKEN,), DONE, Author(), does=(HoldIn(lambda item: item, lambda item: 1),)),
            step("sign", (DONE,), CLOSED, panel=SIGNED, refused=VOID, does=(Release("beds"),)),
        ),
        ("E020", "the step sign keeps what the item holds in the state void"),
    ),
    "duties of no step": (
        lambda: replace(ERRAND, apart=(("begin", "pay"),)),
        ("E008", "`apart` names no step: pay"),
    ),
    "duties of no step of another flow": (
        lambda: replace(ERRAND, apart=(("begin", ("payment", "pay")),)),
        ("E008", "`apart` names no step: pay of payment"),
    ),
    "a party of no field": (
        lambda: with_step(step("stop", (TAKEN,), CLOSED, RoleAt(LEADER, "payer"))),
        ("E010", "a party reads payer, which is no field with a Place"),
    ),
    "a party of a field of another kind": (
        lambda: with_step(step("stop", (TAKEN,), CLOSED, PersonIn("receiver"))),
        ("E010", "a party reads receiver, which is no field with a Person"),
    ),
    "a role that nobody declared": (
        lambda: with_step(step("stop", (TAKEN,), CLOSED, RoleAt(Role("king", Word("王", "king"), ()), "sender"))),
        ("E012", "nobody declared the role king"),
    ),
    "a form with the state": (
        lambda: with_step(step("stop", (TAKEN,), CLOSED, asks=("state",))),
        ("E013", "the step stop asks for state, which nobody may fill in"),
    ),
    "a form with no field": (
        lambda: with_step(step("stop", (TAKEN,), CLOSED, asks=("colour",))),
        ("E013", "the step stop asks for colour, which nobody may fill in"),
    ),
    "no field in a tag": (
        lambda: replace(ERRAND, tagged={"private": ("note", "secret")}),
        ("E014", "`tagged` names no field: secret"),
    ),
    "no field in a list": (
        lambda: replace(ERRAND, listed=("number", "colour")),
        ("E014", "`listed` names no field: colour"),
    ),
    "no field in a stub": (
        lambda: replace(ERRAND, stub=("number", "colour")),
        ("E014", "`stub` names no field: colour"),
    ),
    "no field in a section": (
        lambda: replace(ERRAND, sections=(section("事", "what", "subject", "colour"),)),
        ("E014", "`sections` names no field: colour"),
    ),
    "a field in two sections": (
        lambda: replace(ERRAND, sections=(section("事", "what", "subject"), section("其他", "more", "subject"))),
        ("E014", "subject stands in two sections"),
    ),
    "no relation in belongings": (
        lambda: replace(ERRAND, belongings={"wheels": ("size",)}),
        ("E014", "`belongings` names no relation: wheels"),
    ),
    "no column in belongings": (
        lambda: replace(ERRAND, belongings={"files": ("name", "colour")}),
        ("E014", "`belongings` names no column of files: colour"),
    ),
    "a search in a sum": (
        lambda: replace(ERRAND, searched=("amount",)),
        ("E014", "`searched` names amount, which is no text"),
    ),
    "a count by a text": (
        lambda: replace(ERRAND, counted_too=("subject",)),
        ("E014", "`counted_too` names subject, which is hidden or no choice of few"),
    ),
    "an amount of text": (
        lambda: replace(ERRAND, amount="subject"),
        ("E014", "`amount` names subject, which is no sum in fen"),
    ),
    "a tagged field in a stub": (
        lambda: replace(ERRAND, stub=("number", "note")),
        ("E014", "note is tagged and shown in a stub"),
    ),
    "a sight from no state": (
        lambda: replace(ERRAND, sights=(*ERRAND.sights, Sight(Author(), since=LOST))),
        ("E015", "a sight or a limit names no state: lost"),
    ),
    "a limit on no state": (
        lambda: replace(ERRAND, limits=(Limit("answer", Word("时限", "limit"), (LOST,), lambda item, began: days(1)),)),
        ("E015", "a sight or a limit names no state: lost"),
    ),
    "a sight of no tag": (
        lambda: replace(ERRAND, sights=(Sight(Author(), shows=Shows.ALL, tags=frozenset(("hidden",))), *ERRAND.sights)),
        ("E015", "a sight names no tag: hidden"),
    ),
    "who may act sees nothing": (
        lambda: replace(ERRAND, sights=ERRAND.sights[1:]),
        ("E017", "not everybody who may take the step send sees the item"),
    ),
    "a parameter that is not set": (
        lambda: replace(ERRAND, policies=("norms/peers:peers_least", "norms/peers:colour")),
        ("E016", "the policy norms/peers sets no colour"),
    ),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_flow_is_found(broken: str) -> None:
    make, (number, text) = BROKEN[broken]
    its = found(make())
    assert (f"flow.{number}", f"errand: {text}") in its
    # Whoever is made a party here has no sight either.
    assert {each for each, _ in its} - {"flow.E017"} == {f"flow.{number}"} - {"flow.E017"}


def test_a_policy_that_is_not_there_is_found() -> None:
    ((number, text),) = found(replace(ERRAND, policies=("norms/colours",)))
    assert number == "flow.E016"
    assert text.startswith("errand: the policy norms/colours cannot be read: ")


def test_two_flows_of_one_code_are_found() -> None:
    other = replace(ERRAND, model=Person, version=2)
    assert ("flow.E009", "errand: another flow has this code") in found(ERRAND, other)
    assert found(ERRAND, replace(ERRAND)) == [("flow.E009", "errand: another flow has this code")]
    assert found(ERRAND, replace(ERRAND, version=2)) == []


def test_a_party_of_a_field_without_index_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Errand._meta.get_field("owner"), "db_index", False)
    assert set(found(ERRAND)) == {("flow.E011", "errand: a party reads owner, which has no index")}


def test_every_finding_says_what_to_do() -> None:
    for make, _ in BROKEN.values():
        assert all(each.hint and each.obj is Errand for each in checks.findings([make()]))
