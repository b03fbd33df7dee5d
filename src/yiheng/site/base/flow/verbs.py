"""What may be done in every flow (通用动作): comment, send a copy, urge, pass on, add a signer, recuse, excuse.

Each is a step like any other, taken through `act`, and so an act with its audit and its event; it moves the item only
where a panel comes to its end by it. Taking back and returning are a flow's own steps, made by `withdraw`, `give_back`.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.timezone import localdate

from yiheng.base.words import Word
from yiheng.site.base.accounts.models import Person
from yiheng.site.base.flow.decide import Decision, Why, decide
from yiheng.site.base.flow.declare import Flow, Outcome, Poll, Shows, State, Step
from yiheng.site.base.flow.facts import Facts, Seat
from yiheng.site.base.flow.models import Act, Copied, Item, Passed
from yiheng.site.base.flow.sight import seen_as
from yiheng.site.base.locks import RANKS
from yiheng.site.base.party import Author, Party
from yiheng.site.base.party.party import Turn
from yiheng.site.base.places.roles import AUDITOR
from yiheng.site.base.places.standing import Actor, Standing, actor_of
from yiheng.site.base.refused import NotDone
from yiheng.site.base.texts import say

if TYPE_CHECKING:
    from yiheng.site.base.flow.act import Acting

_LONGEST = 2000

# What says nothing of an item's state may be done whatever version of it was seen.
ANY_VERSION = frozenset(("comment", "copy", "urge"))


def withdraw(frm: tuple[State, ...], to: State, name: str = "withdraw", **rest: Any) -> Step:
    """A step by which the author takes an item back while nobody has acted since."""
    word = Word("撤回", "take back")
    return Step(name, word, frm, to, Author(), **{"side": True, "untouched": True} | rest)


def give_back(frm: tuple[State, ...], to: State, who: Party, name: str = "return", **rest: Any) -> Step:
    """A step by which an item goes back, with a reason."""
    return Step(name, Word("退回", "return"), frm, to, who, **{"side": True, "reason": True} | rest)


class CommentForm(forms.Form):
    """A comment."""

    text = forms.CharField(label=say("留言", "comment"), max_length=_LONGEST, widget=forms.Textarea(attrs={"rows": 3}))


def _person() -> forms.ModelChoiceField:
    return forms.ModelChoiceField(
        Person.objects.filter(is_active=True), to_field_name="username", label=say("人员", "person")
    )


class PersonForm(forms.Form):
    """A person, by sign-in name."""

    person = _person()


class CopyForm(forms.Form):
    """To whom a copy goes, and of how much."""

    person = _person()
    shows = forms.ChoiceField(
        label=say("可见范围", "shows"),
        choices=[(Shows.ALL.value, say("全部", "all")), (Shows.STUB.value, say("摘要", "stub"))],
    )


class PassForm(forms.Form):
    """Which step is passed on, and to whom."""

    duty = forms.CharField(label=say("步骤", "step"), max_length=64)
    person = _person()


class NoForm(forms.Form):
    """Nothing to fill in."""


class TooSoon(NotDone):
    """Somebody urged a short while ago."""

    def __init__(self, least: timedelta) -> None:
        minutes = int(least.total_seconds() // 60)
        hours, rest = divmod(minutes, 60)
        zh, en = (f"{minutes}分钟", f"{minutes} minutes") if rest else (f"{hours}小时", f"{hours} hours")
        super().__init__("too_soon", Word(f"刚刚已催办，{zh}内只催办一次", f"it was urged just now: once in {en}"))


class NoPlace(NotDone):
    """A person who was named cannot be given this."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__("not_fit", Word(zh, en))


# Who may


def _sees(flow: Flow, facts: Facts, standing: Standing) -> Why | None:
    """Whoever sees the item whole, but by a post that only looks, or by break-glass."""
    posts = tuple(held for held in standing.posts if held.role != AUDITOR.code)
    if standing.posts and not posts:
        return Why.PARTY
    seen = seen_as(flow, facts, replace(standing, posts=posts, opened=frozenset()))
    return None if seen.shows is Shows.ALL else Why.PARTY


def _urges(flow: Flow, facts: Facts, standing: Standing) -> Why | None:
    if flow.urge_every is None or flow.states[facts.state].ends:
        return Why.STATE
    return _sees(flow, facts, standing)


def _passes(flow: Flow, facts: Facts, standing: Standing) -> Why | None:
    return None if _own_turns(flow, facts, standing) else Why.PARTY


def _adds(flow: Flow, facts: Facts, standing: Standing) -> Why | None:
    return None if _seat(flow, facts, standing, "add_signer") else Why.PARTY


def _recuses(flow: Flow, facts: Facts, standing: Standing) -> Why | None:
    return None if not standing.is_lent and _seat(flow, facts, standing, "recuse") else Why.PARTY


def _excuses(flow: Flow, facts: Facts, standing: Standing) -> Why | None:
    runs = (step for step, _ in _panels(flow, facts, "excuse") if step.who.holds(standing, facts.concerned))
    return None if next(runs, None) else Why.PARTY


def _own_turns(flow: Flow, facts: Facts, standing: Standing) -> list[Decision]:
    """The steps that wait for the standing and may be given to another."""
    steps = [step for step in flow.leaving(facts.state) if not step.side]
    steps = [step for step in steps if step.panel is None or "pass_on" in step.panel.verbs]
    found = (decide(flow, step, facts, Actor(standing)) for step in steps)
    return [decision for decision in found if decision.allowed]


def _panels(flow: Flow, facts: Facts, verb: str) -> list[tuple[Step, Poll]]:
    """The panels of the state that know a verb."""
    found = [(step, step.panel) for step in flow.leaving(facts.state) if step.panel is not None]
    return [(step, panel) for step, panel in found if verb in panel.verbs]


def _seat(flow: Flow, facts: Facts, standing: Standing, verb: str) -> tuple[Step, Seat] | None:
    """The seat that the standing may answer from now, in a panel that knows the verb."""
    for step, _ in _panels(flow, facts, verb):
        decision = decide(flow, step, facts, Actor(standing))
        if decision.seat is not None:
            return step, decision.seat
    return None


# What is done


@dataclass(frozen=True)
class _Copy:
    """Lets the person see the item; all once is all for ever."""

    rank: int = RANKS["plain"]

    def apply(self, acting: "Acting") -> None:
        """A copy to whoever has no post is refused."""
        person = acting.data["person"]
        if not actor_of(person.pk, localdate(acting.now)).own.posts:
            raise NoPlace("该人员没有岗位，不能抄送", "this person holds no post, so no copy is sent")
        made, new = Copied.objects.get_or_create(
            item_id=acting.item.pk, person=person, defaults={"shows": acting.data["shows"], "at": acting.now}
        )
        if not new and acting.data["shows"] == Shows.ALL:
            made.shows = Shows.ALL
            made.save()
        acting.told = [Turn(person=person.pk)]


@dataclass(frozen=True)
class _Urge:
    """Refused while the last urging is younger than the flow says."""

    rank: int = RANKS["plain"]

    def apply(self, acting: "Acting") -> None:
        """The act itself is the urging; its event tells those for whom the item waits."""
        if acting.flow.urge_every is None:
            raise ValueError(f"{acting.flow.code} knows no urging")
        least = acting.flow.urge_every(acting.now)
        since = acting.now - least
        earlier = Act.objects.filter(item_id=acting.item.pk, step="urge", at__gt=since)
        if acting.act is not None and earlier.exclude(pk=acting.act.pk).exists():
            raise TooSoon(least)


@dataclass(frozen=True)
class _Pass:
    """Leaves a step to one of those who may take it anyway."""

    rank: int = RANKS["plain"]

    def apply(self, acting: "Acting") -> None:
        """A step whose panel answers: the seat; any other: the to-do."""
        person = acting.data["person"].pk
        flow, facts = acting.flow, acting.facts
        if acting.standing is None or person in acting.standing.people:
            raise NoPlace("请转给他人办理", "pass it on to another")
        turns = _own_turns(flow, facts, acting.standing)
        mine = next((each for each in turns if each.step.name == acting.data["duty"]), None)
        if mine is None:
            raise NoPlace("此步骤不由您办理", "this step does not wait for you")
        taker = Actor(actor_of(person, localdate(acting.now)).own)
        if mine.step.panel is not None and mine.seat is not None:
            mine.step.panel.change(acting, mine.step, "pass_on", mine.seat.number, person)
        else:
            _give(acting, mine.step, taker)
        acting.told = [Turn(person=person)]


def _give(acting: "Acting", step: Step, taker: Actor) -> None:
    turns = [turn for turn in step.who.turns(acting.facts.concerned) if turn.role and turn.falls_to(taker.own)]
    if not turns or not decide(acting.flow, step, acting.facts, taker).allowed:
        raise NoPlace("该人员不能办理此步骤", "this person may not take this step")
    Passed.objects.filter(item_id=acting.item.pk, step=step.name, ended_at=None).update(ended_at=acting.now)
    Passed.objects.bulk_create(
        Passed(
            item_id=acting.item.pk, step=step.name, role=turn.role, path=turn.path, over=turn.over,
            person_id=taker.person, at=acting.now,
        )
        for turn in turns
    )  # fmt: skip


@dataclass(frozen=True)
class _OnPanel:
    """A verb that the panel of the state does, and that may end it."""

    name: str
    verbs: frozenset[str] = frozenset()

    def answer(self, acting: "Acting") -> Outcome | None:
        """What the panel has come to by it; then its step is decided."""
        step, seat = self._of(acting)
        if step.panel is None or acting.standing is None:
            raise ValueError(f"{step.name} has no panel")
        person = acting.data["person"].pk if "person" in acting.data else acting.standing.person
        if self.name == "add_signer":
            _can_sit(acting, person)
        outcome = step.panel.change(acting, step, self.name, seat, person)
        acting.decided = step if outcome else None
        return outcome

    def _of(self, acting: "Acting") -> tuple[Step, int]:
        if self.name == "excuse":
            step, _ = _panels(acting.flow, acting.facts, self.name)[0]
            return step, 0
        if acting.standing is None or not (found := _seat(acting.flow, acting.facts, acting.standing, self.name)):
            raise ValueError("decided before")
        return found[0], found[1].number

    def locks(self, item: Item) -> tuple[str, ...]:
        """None."""
        return ()

    def form(self, step: Step) -> type[forms.Form]:
        """The verb's own form."""
        return step.form or NoForm

    def open(self, acting: "Acting", step: Step) -> None:
        """Nothing waits for it."""

    def change(self, acting: "Acting", step: Step, verb: str, seat: int, person: int) -> None:
        """It has no seats."""

    def is_secret(self, item: Item) -> bool:
        """Never."""
        return False


def _can_sit(acting: "Acting", person: int) -> None:
    posts = actor_of(person, localdate(acting.now)).own.posts
    if all(held.role == AUDITOR.code for held in posts):
        raise NoPlace("该人员没有办理岗位，不能加签", "this person holds no post that acts, so cannot be added")


def _verb(name: str, zh: str, en: str, **rest: Any) -> Step:
    return Step(name, Word(zh, en), (), None, Party(), side=True, **rest)


VERBS = (
    _verb("comment", "留言", "comment", form=CommentForm, may=_sees),
    _verb("copy", "抄送", "send a copy", form=CopyForm, may=_sees, does=(_Copy(),)),
    _verb("urge", "催办", "urge", form=NoForm, may=_urges, does=(_Urge(),)),
    _verb("pass_on", "转办", "pass on", form=PassForm, may=_passes, reason=True, does=(_Pass(),)),
    _verb("add_signer", "加签", "add a signer", form=PersonForm, may=_adds, reason=True, panel=_OnPanel("add_signer")),
    _verb("recuse", "回避", "withdraw", form=NoForm, may=_recuses, reason=True, panel=_OnPanel("recuse")),
    _verb("excuse", "登记缺席", "mark absent", form=PersonForm, may=_excuses, reason=True, panel=_OnPanel("excuse")),
)
NAMES = frozenset(step.name for step in VERBS)


def steps(flow: Flow) -> tuple[Step, ...]:
    """The verbs as steps of a flow: in every state of it."""
    return _steps(tuple(flow.states.values()))


@cache
def _steps(states: tuple[State, ...]) -> tuple[Step, ...]:
    return tuple(replace(step, frm=states) for step in VERBS)


def step_of(flow: Flow, name: str) -> Step | None:
    """A step of the flow or a verb; None where there is none of this name."""
    return flow.by_name.get(name) or next((step for step in steps(flow) if step.name == name), None)


def verb_decisions(flow: Flow, facts: Facts, actor: Actor) -> list[Decision]:
    """The decision on every verb, for buttons, API and matrix."""
    return [decide(flow, step, facts, actor) for step in steps(flow)]
