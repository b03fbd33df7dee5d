"""What a page shows of an item (事项显示): plain lines, each of which the reader may see."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import F, Field, FileField
from django.http import Http404
from django.utils.dateparse import parse_datetime
from django.utils.text import capfirst

from yiheng.base.words import Word
from yiheng.site.base.flow.decide import Decision, Why, decide, decisions
from yiheng.site.base.flow.declare import Flow, Shows, Step
from yiheng.site.base.flow.facts import Facts, facts_of
from yiheng.site.base.flow.models import Act, Item, Todo
from yiheng.site.base.flow.models import Poll as PollRow
from yiheng.site.base.flow.registry import flows
from yiheng.site.base.flow.sight import Seen, seen
from yiheng.site.base.flow.verbs import step_of, verb_decisions
from yiheng.site.base.pages.templatetags.texts import moment
from yiheng.site.base.pages.values import field_of, head, label, names_of, own_fields, read, state_text, text_of, tone
from yiheng.site.base.panel.view import Line as SeatLine
from yiheng.site.base.panel.view import lines as seat_lines
from yiheng.site.base.places.models import Place
from yiheng.site.base.places.roles import known_roles
from yiheng.site.base.places.standing import Actor
from yiheng.site.base.texts import pick, say

# Refusals that say something to whoever would otherwise be the right person.
_TOLD = (Why.APART, Why.CAP, Why.ANSWERED)
_OF_ALL = ("author", "made_at", "changed_at", "ended_at")


@dataclass(frozen=True)
class Shown:
    """An item as one reader sees it: its flow (as it began), what is judged, what is seen."""

    flow: Flow
    item: Item
    facts: Facts
    seen: Seen
    actor: Actor

    @property
    def whole(self) -> bool:
        return self.seen.shows is Shows.ALL

    def decisions(self) -> list[Decision]:
        """What the reader may do, and what another must do in the reader's place."""
        if not self.whole:
            return []
        found = sorted(decisions(self.flow, self.facts, self.actor), key=lambda each: each.step.side)
        return [each for each in found if each.allowed or each.why in _TOLD]

    def offspring(self) -> list[tuple[Flow, Step]]:
        """The steps by which the reader may make an item under this one."""
        if not self.whole:
            return []
        under = [its for its in flows().values() if its.under and its.under.flow == self.flow.code]
        open_now = [its for its in under if its.under and self.item.state in its.under.states]
        return [(its, step) for its in open_now for step in its.beginnings if self._may_begin(its, step)]

    def _may_begin(self, flow: Flow, step: Step) -> bool:
        child = flow.model(flow=flow.code, author_id=self.actor.person, matter=self.item.matter)
        if flow.under is not None:
            flow.under.fill(self.item, child)
        return decide(flow, step, facts_of(flow, child), self.actor).allowed

    def verbs(self) -> list[Decision]:
        """What may be done in every flow, as far as the reader may."""
        found = verb_decisions(self.flow, self.facts, self.actor) if self.whole else []
        return [each for each in found if each.allowed]

    def title(self) -> str:
        """The item's number, where it has one and it is seen."""
        number = self.item.number if self.seen.field(self.flow, "number") else ""
        return number or f"#{self.item.pk}"

    def state(self) -> str:
        """The item's state as it reads, where it is seen."""
        return state_text(self.flow.code, self.item.state) if self.seen.field(self.flow, "state") else ""


def shown(number: int, actor: Actor) -> Shown:
    """An item for a reader; 404 alike where there is none and where it is not to be seen."""
    base = Item.objects.filter(pk=number).first()
    if base is None:
        raise Http404
    flow = base.its_flow
    item = flow.model.objects.get(pk=number)
    facts = facts_of(flow, item)
    sees = seen(flow, facts, actor)
    if sees.shows is None:
        raise Http404
    return Shown(flow, item, facts, sees, actor)


@dataclass(frozen=True)
class Line:
    """One field: its label and how its value reads; long texts take the whole width."""

    name: str
    label: str
    text: str
    long: bool


def lines(its: Shown) -> list[Line]:
    """The fields that the reader sees, but sealed ones: the service's own first, then who made the item and when."""
    plain = (name for name in (*own_fields(its.flow), *_OF_ALL) if name not in its.flow.sealed)
    names = [name for name in plain if its.seen.field(its.flow, name)]
    values = {name: its.item.serializable_value(name) for name in names}
    called = names_of(its.flow, names, [values])
    kept = [name for name in names if name not in _OF_ALL or values[name] is not None]
    return [_line(its.flow, name, values[name], called) for name in kept]


def sections(its: Shown) -> list[tuple[str, list[Line]]]:
    """The lines under the headings that the flow gives them; what is in none comes last, under its own.

    A part of which nothing is filled in yet is left out.
    """
    by_name = {line.name: line for line in lines(its)}
    found = [
        (pick(part.word), [by_name.pop(name) for name in part.fields if name in by_name]) for part in its.flow.sections
    ]
    rest = str(say("其他", "Other")) if found else ""
    parts = (*found, (rest, list(by_name.values())))
    return [(word, part) for word, part in parts if any(_is_filled(its.item, line) for line in part)]


def _is_filled(item: Item, line: Line) -> bool:
    return bool(line.text) and getattr(item, line.name, None) is not False


@dataclass(frozen=True)
class Belonging:
    """Rows of another table that the item brought: their name, heads, cells as they read."""

    title: str
    heads: list[str]
    rows: list[list[str]]


def belongings(its: Shown) -> list[Belonging]:
    """What the item brought, such as its asset cards; tables without a row are left out."""
    if not its.whole:
        return []
    found = []
    for name, columns in its.flow.belongings.items():
        table = its.flow.model._meta.get_field(name).related_model
        rows = list(getattr(its.item, name).order_by("pk"))
        fields = [table._meta.get_field(column) for column in columns]
        cells = [[read(field, getattr(row, field.name)) for field in fields] for row in rows]
        found.append(Belonging(str(table._meta.verbose_name), [head(field) for field in fields], cells))
    return [each for each in found if each.rows]


def _line(flow: Flow, name: str, value: Any, called: Any) -> Line:
    field = field_of(flow, name)
    return Line(name, label(flow, name), text_of(flow, name, value, called), _is_long(field))


def _is_long(field: Field) -> bool:
    return field.get_internal_type() in ("TextField", "JSONField") or isinstance(field, FileField)


@dataclass(frozen=True)
class Done:
    """One act of the history."""

    at: datetime
    step: str
    who: str
    moved: str
    reason: str
    filled: list[Line]
    answers: list[Any]


def history(its: Shown) -> list[Done]:
    """What was done to the item, the last first; nothing of it for whoever sees a stub."""
    if not its.whole:
        return []
    acts = its.item.acts.select_related("person", "behalf").prefetch_related("answers").order_by("-pk")
    return [_done(its, act) for act in acts]


def _done(its: Shown, act: Act) -> Done:
    step = step_of(its.flow, act.step)
    before, after = act.from_state, act.to_state
    moved = state_text(its.flow.code, after)
    if before and before != after:
        moved = f"{state_text(its.flow.code, before)} → {moved}"
    answers = [answer for answer in act.answers.all() if answer.zh]
    name = capfirst(pick(step.word)) if step else act.step
    return Done(act.at, name, hands(act), moved, act.reason, _filled(its, act), answers)


def hands(act: Act) -> str:
    """Who did it, and for whom."""
    if act.person is None:
        return str(say("系统", "the site"))
    if act.behalf is None or act.behalf == act.person:
        return act.person.name
    return pick(Word(f"{act.person.name}（代{act.behalf.name}）", f"{act.person.name} (for {act.behalf.name})"))


def _filled(its: Shown, act: Act) -> list[Line]:
    """What was filled in, as far as the reader sees these fields; never a panel's answer, which its seats show."""
    step = step_of(its.flow, act.step)
    given = {name: value for name, value in act.data.items() if value not in ("", "None")}
    if step is None or step.panel is not None:
        return []
    if step.form is not None:
        fields = step.form.base_fields
        return [Line(name, str(fields[name].label), given[name], long=True) for name in fields if name in given]
    own = {each.name for each in its.flow.model._meta.get_fields()}
    seen = [name for name in given if name in own and its.seen.field(its.flow, name)]
    return [_kept(its.flow, name, given[name]) for name in seen]


def _kept(flow: Flow, name: str, value: str) -> Line:
    """A value of the history, which keeps each as text."""
    field = field_of(flow, name)
    plain: Any = value
    match field.get_internal_type():
        case "BigIntegerField" if value.lstrip("-").isdigit():
            plain = int(value)
        case "BooleanField":
            plain = value == "True"
        case "DateTimeField":
            plain = parse_datetime(value) or value
    text = value if field.is_relation else text_of(flow, name, plain, {})
    return Line(name, label(flow, name), text, _is_long(field))


@dataclass(frozen=True)
class Stage:
    """A state on the way: when it was reached, whether the item is there now."""

    text: str
    at: str
    here: bool
    tone: str = "going"


def way(its: Shown) -> list[Stage]:
    """The states that the item has been in, in the order in which it came there, each time that it did."""
    if not its.whole:
        return [Stage(its.state(), "", here=True)] if its.state() else []
    moves = its.item.acts.exclude(from_state=F("to_state")).order_by("pk").values_list("to_state", "at")
    stages = [Stage(state_text(its.flow.code, to), moment(at), False, tone(its.flow.code, to)) for to, at in moves]
    return [*stages[:-1], *(replace(last, here=True) for last in stages[-1:])]


@dataclass(frozen=True)
class Waits:
    """Whom the item waits for, for what, until when."""

    step: str
    who: str
    due: datetime | None
    late: bool
    limit: str = ""


def waits(its: Shown, now: datetime) -> list[Waits]:
    """Whom the item waits for."""
    if not its.whole:
        return []
    todos = list(its.item.todos.select_related("person").order_by("due", "pk"))
    names = {place.path: place.name for place in Place.objects.filter(path__in={todo.path for todo in todos})}
    limit = next((pick(each.word) for each in its.flow.limits if its.item.state in {on.code for on in each.states}), "")
    return [replace(_waits(its.flow, todo, names, now), limit=limit) for todo in todos]


def _waits(flow: Flow, todo: Todo, names: dict[str, str], now: datetime) -> Waits:
    step = flow.by_name.get(todo.step)
    late = todo.due is not None and todo.due < now
    return Waits(capfirst(pick(step.word)) if step else todo.step, turn_text(todo, names), todo.due, late)


def turn_text(row: Any, names: dict[str, str]) -> str:
    """Whom a to-do or a seat waits for: a person's name, or a role at a place."""
    if row.person is not None:
        return row.person.name
    role = known_roles().get(row.role)
    at = names.get(row.path, "")
    over = str(say("上级", " above")) if row.over else ""
    return f"{at}{over} {pick(role.word) if role else row.role}".strip()


@dataclass(frozen=True)
class PollShown:
    """A panel: what it is asked, how it stands, its seats."""

    step: str
    outcome: str
    at: datetime
    seats: list[SeatLine]


def polls(its: Shown) -> list[PollShown]:
    """The panels of the item, the last first."""
    if not its.whole:
        return []
    return [_poll(its, row) for row in its.item.polls.order_by("-pk")]


def _poll(its: Shown, row: PollRow) -> PollShown:
    step = its.flow.by_name.get(row.step)
    seats = seat_lines(its.flow, its.item, row, its.actor)
    return PollShown(capfirst(pick(step.word)) if step else row.step, row.get_outcome_display(), row.opened_at, seats)


@dataclass(frozen=True)
class Kin:
    """An item that belongs with another: what it is, how it stands."""

    pk: int
    flow: str
    title: str
    state: str
    tone: str


def kin(its: Shown) -> dict[str, list[Kin]]:
    """The item's parent and children, those that the reader sees."""
    if not its.whole:
        return {"parents": [], "children": []}
    parents = [its.item.parent_id] if its.item.parent_id else []
    children = list(its.item.children.order_by("pk").values_list("pk", flat=True)[:50])
    return {"parents": _kin(parents, its.actor), "children": _kin(children, its.actor)}


def _kin(numbers: Iterable[int], actor: Actor) -> list[Kin]:
    found = []
    for number in numbers:
        try:
            each = shown(number, actor)
        except Http404:
            continue
        colour = tone(each.flow.code, each.item.state) if each.state() else ""
        found.append(Kin(number, pick(each.flow.word), each.title(), each.state(), colour))
    return found
