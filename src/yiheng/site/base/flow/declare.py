"""What a service says of its flow (流程声明): states, steps, who sees what, which duties are apart."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from yiheng.base.words import Word
from yiheng.site.base.check import Check
from yiheng.site.base.clock.span import Span
from yiheng.site.base.files.kinds import LARGEST, PAPERS
from yiheng.site.base.party import Party
from yiheng.site.base.places.roles import Role

if TYPE_CHECKING:
    from django import forms
    from django.db.models import Q

    from yiheng.site.base.breakglass.terms import Breaking
    from yiheng.site.base.flow.act import Acting
    from yiheng.site.base.flow.decide import Why
    from yiheng.site.base.flow.facts import Facts
    from yiheng.site.base.flow.models import Item
    from yiheng.site.base.places.standing import Standing


NOBODY = Party()


@dataclass(frozen=True)
class State:
    """Where an item stands; `ends`: nothing is waited for any more; `fails`: it ended without what was asked for."""

    code: str
    word: Word
    ends: bool = False
    fails: bool = False


def state(code: str, zh: str, en: str, ends: bool = False, fails: bool = False) -> State:
    """A state by its code and its name in both languages; what fails has ended."""
    return State(code, Word(zh, en), ends or fails, fails)


@dataclass(frozen=True)
class Section:
    """Fields that stand together in forms and on the item's page, under a heading."""

    word: Word
    fields: tuple[str, ...]


def section(zh: str, en: str, *fields: str) -> Section:
    """A section by its heading in both languages."""
    return Section(Word(zh, en), fields)


class Effect(Protocol):
    """What a step does beside moving the item, in the same transaction.

    `rank` is its place in the one order of locks: `base.locks.RANKS`.
    """

    rank: int

    def apply(self, acting: "Acting") -> None:
        """Do it; a Refusal undoes the whole act."""
        ...


@runtime_checkable
class Ripe(Protocol):
    """A system step's `when` that a tick asks of some items alone: `rows` says of which it may be true."""

    def __call__(self, item: "Item", now: datetime) -> bool: ...

    def rows(self, now: datetime) -> "Q":
        """The items, as a condition on rows."""
        ...


class Outcome(StrEnum):
    """What a panel comes to: the step is taken, it is not, or the item goes back to be made better."""

    AGREED = "agreed"
    REFUSED = "refused"
    RETURNED = "returned"


class Poll(Protocol):
    """Several people who answer, one answer each, before a step is taken (`panel`).

    `verbs`: what its seats allow beside answering: pass_on, add_signer, recuse, excuse.
    """

    verbs: frozenset[str]

    def locks(self, item: "Item") -> "Iterable[str]":
        """Names that are locked before it opens, as what it asks about when it opens must not change meanwhile."""
        ...

    def form(self, step: "Step") -> "type[forms.Form]":
        """The form of an answer."""
        ...

    def open(self, acting: "Acting", step: "Step") -> None:
        """Called when the item comes into the state that `step` leads from."""
        ...

    def answer(self, acting: "Acting") -> Outcome | None:
        """Keep an answer; what the panel has come to, None while others are to answer."""
        ...

    def change(self, acting: "Acting", step: "Step", verb: str, seat: int, person: int) -> Outcome | None:
        """Do one of `verbs` from a seat, to a person; what the panel has come to by it."""
        ...

    def is_secret(self, item: "Item") -> bool:
        """Whether nobody may ever learn who answered what."""
        ...


@dataclass(frozen=True)
class FilesAsked:
    """Files that a step asks for: for which purpose (`kind`), and how many at least.

    - types: what their content may be (`files.kinds`); largest: bytes of one
    - tag: only a sight with it gives them; empty: whoever sees the item whole
    """

    kind: str
    word: Word
    least: int = 1
    types: tuple[str, ...] = PAPERS
    largest: int = LARGEST
    tag: str = ""


@dataclass(frozen=True)
class Step:
    """One thing that may be done to an item.

    - frm: the states in which it may be; empty: it makes the item; to: the state after it; None: the same as before
    - who: the party that may; nobody: the site itself, when `when` says that its time has come
    - asks: fields of the item that its form has; needs: those that may not be left empty
    - reason: a reason is asked for; files: what must come with it
    - side: nobody waits for it (to take back, to cancel)
    - panel: who must agree first; refused: the state where they do not; returned: where they send it back
    - does: its effects; undoes: those of its panel's refusal or return
    - untouched: only while nobody has acted since the asker did
    - form: a form of its own in place of the item's fields; may: asked in place of `who`: why not, None: they may
    """

    name: str
    word: Word
    frm: tuple[State, ...]
    to: State | None
    who: Party
    asks: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    reason: bool = False
    files: tuple[FilesAsked, ...] = ()
    checks: tuple[Check, ...] = ()
    does: tuple[Effect, ...] = ()
    undoes: tuple[Effect, ...] = ()
    side: bool = False
    panel: Poll | None = None
    refused: State | None = None
    when: "Callable[[Item, datetime], bool] | None" = None
    returned: State | None = None
    untouched: bool = False
    form: "type[forms.Form] | None" = None
    may: "Callable[[Flow, Facts, Standing], Why | None] | None" = None

    @property
    def begins(self) -> bool:
        """Whether it makes an item."""
        return not self.frm

    @property
    def is_the_systems(self) -> bool:
        return self.when is not None

    def goes(self, outcome: Outcome) -> State | None:
        """The state after it; None: the same as before."""
        return {Outcome.AGREED: self.to, Outcome.REFUSED: self.refused, Outcome.RETURNED: self.returned}[outcome]

    def effects(self, outcome: Outcome) -> tuple[Effect, ...]:
        """What it does where this comes of it."""
        return self.does if outcome is Outcome.AGREED else self.undoes


def step(
    name: str, zh: str, en: str, frm: tuple[State, ...], to: State | None, who: Party = NOBODY, **rest: Any
) -> Step:
    """A step by its name in both languages; `rest` as of `Step`. Without a party: a panel's, or the site's own."""
    return Step(name, Word(zh, en), frm, to, who, **rest)


class Shows(StrEnum):
    """How much of an item is shown: all of it, that it is there, or only its share of a count."""

    ALL = "all"
    STUB = "stub"
    COUNTS = "counts"


@dataclass(frozen=True)
class Sight:
    """What a party sees of an item.

    - since: from when on: the first time that the item is in this state; None: from the beginning
    - tags: the tagged fields that are shown too
    """

    who: Party
    since: State | None = None
    shows: Shows = Shows.ALL
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Limit:
    """How long an item may stay in some states (时限): one clock runs on through all of them.

    - span: (item, when the clock began) -> how long, or the very day or moment that ends it; None: no limit
    - since: item -> the moment from which it counts, such as an event that a field keeps; another moment begins the
      clock anew, None is not yet; not said: when the item came into these states
    - late: whom each level tells when the time is over, in order
    - every: (item, when the clock began, level) -> the time between the level before and this one; not said: none
    - pauses: states in which the clock stands still and keeps the rest; a day or moment that was named stays
    """

    name: str
    word: Word
    states: tuple[State, ...]
    span: "Callable[[Item, datetime], Span | date | None]"
    late: tuple[Party, ...] = ()
    every: "Callable[[Item, datetime, int], Span] | None" = None
    pauses: tuple[State, ...] = ()
    since: "Callable[[Item], datetime | None] | None" = None


@dataclass(frozen=True)
class Under:
    """A flow whose items are made under an item of another flow, in the same matter (子事项).

    - flow, states: under which items; fill: (parent, item) puts into the new item what it has from its parent
    """

    flow: str
    states: tuple[str, ...]
    fill: "Callable[[Any, Any], None]"


@dataclass(frozen=True)
class Keeper:
    """Who may open a sealed text, with a reason: whoever holds one of the roles at the place in `field`."""

    field: str
    roles: tuple[Role, ...]


@dataclass(frozen=True)
class Rate:
    """A share (比率): of the items that came to `among`, those that came to `of`; states, or steps by their names."""

    word: Word
    of: tuple[State | str, ...]
    among: tuple[State | str, ...]


@dataclass(frozen=True)
class Took:
    """A time (用时): from when an item came into one state first until it came into another."""

    word: Word
    since: State
    until: State


Duty = str | tuple[str, str]


@dataclass(frozen=True)
class Flow:
    """A service's flow, in one version; items keep the version that they began with.

    - model: the table of its items; number: the text of an item's number from the item and its place in the series;
      `series`: item -> name of the series, each counted without a gap
    - sights: who sees what; tagged: tag -> fields that only a sight with that tag shows; stub: fields that a stub shows
    - sealed: fields of encrypted text -> who may open one; each look says why and is in the audit before it is shown
    - under: its items are made under those of another flow
    - apart: steps that no natural person may do two of in one matter, by name, or (flow, step) of another flow
    - amount: the field with the sum in fen that a delegation's limit is held against
    - policies: what its rules read: `kind/name` for a policy file, `kind/name:parameter` for one parameter of it
    - urge_every: moment -> the least time between two urgings of one item; None: nobody is urged
    - glass: on what terms whoever has a sight by `party.Glass` breaks it, and how the item is found; None: nobody does
    - pseudonyms: fields that are published only where they hold a pseudonym as the tables of cases have it
    - counted_by: the field with the place that statistics are by; counted_too: fields of few values that they are by,
      too, each alone; least_count: moment -> the least count that is shown
    - listed: the columns of lists and exports, in order; searched: those that a search looks in
    - sections: how the fields of long forms stand together; what is in none comes last
    - rates, took: shares and times that the statistics give beside the counts
    - belongings: rows of other tables that an item brought, shown with it: name of the relation -> columns
    """

    code: str
    word: Word
    model: "type[Item]"
    steps: tuple[Step, ...]
    sights: tuple[Sight, ...]
    version: int = 1
    limits: tuple[Limit, ...] = ()
    apart: tuple[tuple[Duty, ...], ...] = ()
    tagged: dict[str, tuple[str, ...]] = field(default_factory=dict)
    stub: tuple[str, ...] = ("number", "state")
    listed: tuple[str, ...] = ("number", "state")
    searched: tuple[str, ...] = ("number",)
    sections: tuple[Section, ...] = ()
    rates: tuple[Rate, ...] = ()
    took: tuple[Took, ...] = ()
    belongings: dict[str, tuple[str, ...]] = field(default_factory=dict)
    amount: str = ""
    series: "Callable[[Item], str] | None" = None
    number: "Callable[[Item, int], str] | None" = None
    under: Under | None = None
    sealed: "dict[str, tuple[Keeper, ...]]" = field(default_factory=dict)
    clauses: tuple[str, ...] = ()
    counted_by: str = ""
    counted_too: tuple[str, ...] = ()
    least_count: "Callable[[datetime], int] | None" = None
    policies: tuple[str, ...] = ()
    urge_every: "Callable[[datetime], timedelta] | None" = None
    glass: "Breaking | None" = None
    pseudonyms: tuple[str, ...] = ()

    @cached_property
    def states(self) -> dict[str, State]:
        """All states by code, in the order in which steps name them."""
        return {each.code: each for step in self.steps for each in _of(step)}

    @cached_property
    def by_name(self) -> dict[str, Step]:
        return {step.name: step for step in self.steps}

    @cached_property
    def beginnings(self) -> tuple[Step, ...]:
        """The steps that make an item."""
        return tuple(step for step in self.steps if step.begins)

    def leaving(self, code: str) -> list[Step]:
        """The steps that may be taken in a state."""
        return [step for step in self.steps if any(each.code == code for each in step.frm)]

    @cached_property
    def parties(self) -> tuple[Party, ...]:
        """Every party that the flow names."""
        late = (party for limit in self.limits for party in limit.late)
        return (*(step.who for step in self.steps), *(sight.who for sight in self.sights), *late)

    @cached_property
    def anchors(self) -> frozenset[str]:
        """The fields that parties read: people and places that an item concerns."""
        return frozenset(name for party in self.parties for name in party.fields())

    @cached_property
    def tag_of_files(self) -> dict[str, str]:
        """By kind of files the tag that they have."""
        return {asked.kind: asked.tag for step in self.steps for asked in step.files if asked.tag}

    @cached_property
    def tag_of(self) -> dict[str, str]:
        """By field the tag that it has."""
        return {name: tag for tag, names in self.tagged.items() for name in names}


def _of(step: Step) -> Iterator[State]:
    yield from step.frm
    for each in (step.to, step.refused, step.returned):
        if each is not None:
            yield each
