"""Taking a step (办理): the only writer of items. All of it in one transaction, or nothing.

The order is the order of locks, the same for every act: the matter, the names that checks ask about, cells of ledgers,
series of numbers, the head of the audit's chain. So two acts wait for each other and never for ever.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac

from yiheng.site.base.audit.chain import record
from yiheng.site.base.audit.looks import refusals
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.check import Answer, blocking
from yiheng.site.base.files.keeping import take
from yiheng.site.base.files.models import File
from yiheng.site.base.flow import deadlines, todos, verbs
from yiheng.site.base.flow.attachments import attached
from yiheng.site.base.flow.decide import Decision, Why, decide
from yiheng.site.base.flow.declare import Effect, Flow, Outcome, State, Step
from yiheng.site.base.flow.declare import Poll as Panel
from yiheng.site.base.flow.facts import Facts, facts_of
from yiheng.site.base.flow.forms import cleaned
from yiheng.site.base.flow.models import Act, Answered, Bar, Event, Gate, Item, Passed, Poll, Reached, Was
from yiheng.site.base.flow.refused import Blocked, Conflict, Missing, NotAllowed
from yiheng.site.base.flow.registry import apart, flow_of
from yiheng.site.base.flow.sight import seen
from yiheng.site.base.party.party import Turn
from yiheng.site.base.places.standing import Actor, Held, Standing


@dataclass(frozen=True)
class Asked:
    """What somebody asks for.

    - item: None to make one; parent: the item that it is made under, in flows that have one
    - seen: the version of the item that the asker saw; None for a new one, and for what says nothing of its state
    - request: the sender's key: the same key again has no second effect; data: the form's values as they were typed
    - reason; files: files uploaded before, by their numbers
    """

    flow: str
    step: str
    request: UUID
    item: int | None = None
    parent: int | None = None
    seen: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    files: tuple[int, ...] = ()

    @property
    def digest(self) -> str:
        """What is asked, under the site's secret: nobody finds a short answer by trying each."""
        return self._digest(sorted(self.data.items()))

    @property
    def turnout(self) -> str:
        """The same of everything but the answer, which even the site's keepers may not find by trying each."""
        return self._digest("secret")

    def _digest(self, data: Any) -> str:
        said = [self.flow, self.step, self.item, self.parent, self.seen, data, self.reason, sorted(self.files)]
        text = json.dumps(said, ensure_ascii=False, default=str)
        return salted_hmac("yiheng.asked", text, algorithm="sha256").hexdigest()


@dataclass
class Acting:
    """An act while it is done: what effects and panels are given.

    `act` is there once it is written, before effects are applied; `seat` where a panel answers; `decided`: the step of
    a panel that is decided by another act than an answer to it; `told`: whom alone the act's event is for, where an
    effect says so; `effects`: all that are applied.
    """

    flow: Flow
    item: Item
    step: Step
    standing: Standing | None
    now: datetime
    data: dict[str, Any]
    asked: Asked
    facts: Facts
    files: Sequence[File] = ()
    seat: int | None = None
    decided: Step | None = None
    act: Act | None = None
    answers: list[Answer] = field(default_factory=list)
    told: list[Turn] = field(default_factory=list)
    effects: tuple[Effect, ...] = ()

    def emit(self, kind: str, **content: Any) -> None:
        """Put an event into the outbox."""
        Event.objects.create(item=self.item, act=self.act, kind=kind, content=content, at=self.now)


def act(actor: Actor, asked: Asked, now: datetime) -> Act:
    """Take a step for a person. A repeat of a request gives the act that it made the first time.

    Raises Missing (not there, or hidden from the asker), NotAllowed (may not), Conflict (another was first), Blocked (a
    check objects), Invalid (the form), or the Refusal of an effect; then nothing has changed.
    """
    of = Of(asked.flow, str(asked.item or ""))
    with refusals(actor.own, f"{asked.flow}.{asked.step}", of, now):
        try:
            return _once(actor, asked, now)
        except IntegrityError:  # the same request made its item at the same moment: the tables let one through
            if done := _done(asked, actor.person):
                return done
            raise


@transaction.atomic
def _once(actor: Actor, asked: Asked, now: datetime) -> Act:
    if done := _done(asked, actor.person):
        return done
    flow, item, facts = _locked(actor, asked, now)
    if done := _done(asked, actor.person):  # again: another with the same key may have held the lock
        return done
    if not _same_version(asked, item):
        raise Conflict.of_version(item)
    return _judged(flow, item, facts, actor, asked, now)


def system_act(item: Item, step: Step, request: UUID, now: datetime) -> Act | None:
    """Take a step that the site itself takes; None where its time has not come, or no longer."""
    with transaction.atomic():
        asked = Asked(item.flow, step.name, request, item.pk)
        if done := Act.objects.filter(request=request).first():
            return done
        flow, held = lock(item.pk)
        if done := Act.objects.filter(request=request).first():  # again: another may have held the lock
            return done
        if step.when is None or held.state not in {each.code for each in step.frm} or not step.when(held, now):
            return None
        return _take(Acting(flow, held, step, None, now, {}, asked, facts_of(flow, held)))


def _done(asked: Asked, person: int) -> Act | None:
    """What this request did already; the same key with another content, or of another person, is refused."""
    earlier = Act.objects.filter(request=asked.request).first()
    if earlier is not None and (earlier.asked not in (asked.digest, asked.turnout) or earlier.person_id != person):
        raise Conflict.of_key()
    return earlier


def _locked(actor: Actor, asked: Asked, now: datetime) -> tuple[Flow, Item, Facts | None]:
    """The item, locked, and its facts; of one that is to be made there are none yet."""
    if asked.item is None:
        flow = flow_of(asked.flow)
        made = flow.model(flow=flow.code, definition=flow.version, author_id=actor.person, made_at=now, changed_at=now)
        _put_under(flow, made, asked.parent, actor)
        return flow, made, None
    flow, item, facts = _seen(asked.item, actor)
    if flow.code != asked.flow:
        raise Missing
    return flow, item, facts


def _seen(number: int, actor: Actor) -> tuple[Flow, Item, Facts]:
    """An item, locked, that the actor sees, and its facts; one that is hidden is as if it were not there."""
    if not Item.objects.filter(pk=number).exists():
        raise Missing
    flow, item = lock(number)
    facts = facts_of(flow, item)
    if seen(flow, facts, actor).shows is None:
        raise Missing
    return flow, item, facts


def _put_under(flow: Flow, item: Item, parent: int | None, actor: Actor) -> None:
    """Put a new item under its parent, whose matter is locked; a parent that does not fit is refused."""
    if (flow.under is None) != (parent is None):
        raise NotAllowed(Why.PARENT)
    if flow.under is None or parent is None:
        return
    its, held, _ = _seen(parent, actor)
    if its.code != flow.under.flow or held.state not in flow.under.states:
        raise NotAllowed(Why.PARENT)
    item.parent_id, item.matter_id = held.pk, held.matter_id
    flow.under.fill(held, item)


def _same_version(asked: Asked, item: Item) -> bool:
    return asked.item is None or asked.step in verbs.ANY_VERSION or asked.seen == item.version


def lock(number: int) -> tuple[Flow, Item]:
    """An item with its whole matter locked: duties apart are judged over all of it."""
    matter = Item.objects.values_list("matter_id", flat=True).get(pk=number)
    Item.objects.select_for_update().get(pk=matter)
    code, version = Item.objects.values_list("flow", "definition").get(pk=number)
    flow = flow_of(code, version)
    return flow, flow.model.objects.select_for_update(of=("self",)).get(pk=number)


def _judged(flow: Flow, item: Item, facts: Facts | None, actor: Actor, asked: Asked, now: datetime) -> Act:
    step = verbs.step_of(flow, asked.step)
    if step is None or step.begins != (facts is None):
        raise NotAllowed(Why.STATE)
    files, lines = attached(step, actor.person, asked.files)
    if facts is None:  # what is made is judged as it would be, what is there as it is
        data = cleaned(flow, step, item, asked, lines)
        facts = facts_of(flow, item)
        decision = _allowed(flow, step, facts, actor)
    else:
        decision = _allowed(flow, step, facts, actor)
        data = cleaned(flow, step, item, asked, lines)
    seat = decision.seat.number if decision.seat else None
    return _take(Acting(flow, item, step, decision.standing, now, data, asked, facts, files, seat=seat))


def _allowed(flow: Flow, step: Step, facts: Facts, actor: Actor) -> Decision:
    decision = decide(flow, step, facts, actor)
    if decision.why is not None:
        raise NotAllowed(decision.why)
    return decision


def _take(acting: Acting) -> Act:
    _hold_gates(acting)
    _ask_checks(acting)
    outcome = _polled(acting)
    step = acting.decided or acting.step
    _move(acting, step.goes(outcome) if outcome else None)
    acting.act = _write(acting)
    take(acting.act, acting.files)
    if outcome is not None:
        acting.effects = step.effects(outcome)
        for effect in sorted(acting.effects, key=lambda each: each.rank):
            effect.apply(acting)
        acting.item.save()
    _bar(acting)
    _look_ahead(acting)
    record(acting.standing, f"{acting.flow.code}.{acting.step.name}", acting.item, acting.act, acting.now)
    whom = {"turns": [asdict(turn) for turn in acting.told]} if acting.told else {}
    acting.emit(f"{acting.flow.code}.{acting.step.name}", state=acting.item.state, **whom)
    return acting.act


def _hold_gates(acting: Acting) -> None:
    """Lock the names that the step's checks and the panels after it ask about, in the order of their names."""
    its = {name for check in acting.step.checks for name in check.locks(acting.item)}
    names = sorted(its | {name for panel in _panels_ahead(acting) for name in panel.locks(acting.item)})
    Gate.objects.bulk_create([Gate(name=name) for name in names], ignore_conflicts=True)
    list(Gate.objects.select_for_update().filter(name__in=names).order_by("name"))


def _panels_ahead(acting: Acting) -> Iterator[Panel]:
    """The panels that may open after this act; an act on a panel may decide any step of the state."""
    flow, step = acting.flow, acting.step
    steps = [step] if step.name in flow.by_name else flow.leaving(acting.facts.state)
    codes = {goes.code for each in steps for goes in map(each.goes, Outcome) if goes is not None}
    for code in sorted(codes - {acting.facts.state}):
        yield from (each.panel for each in flow.leaving(code) if each.panel is not None)


def _ask_checks(acting: Acting) -> None:
    for check in acting.step.checks:
        acting.answers.append(Answer(check, check.rule(check.reads(acting.item, acting.now))))
    if stops := blocking(acting.answers, acting.asked.reason):
        raise Blocked(stops)


def _polled(acting: Acting) -> Outcome | None:
    """Whether the step is taken: at once without a panel, else what the panel says after this answer."""
    return Outcome.AGREED if acting.step.panel is None else acting.step.panel.answer(acting)


def _move(acting: Acting, goes: State | None) -> None:
    item = acting.item
    _remember_places(acting)
    if goes is not None:
        item.state = goes.code
        item.ended_at = acting.now if goes.ends else None
    item.version += 1
    item.changed_at = acting.now
    is_new = item.pk is None
    item.save()
    if is_new and item.matter_id is None:
        item.matter_id = item.pk
        item.save(update_fields=("matter_id",))
    Reached.objects.get_or_create(item=item, state=item.state, defaults={"at": acting.now})


def _remember_places(acting: Acting) -> None:
    """Places that a field had before another came there, for parties of the past."""
    if acting.item.pk is None:
        return
    for name, path in acting.facts.concerned.places.items():
        if name in acting.step.asks:
            held = acting.flow.model.objects.values_list(f"{name}_id", flat=True).get(pk=acting.item.pk)
            if path is not None and held is not None and held != getattr(acting.item, f"{name}_id"):
                Was.objects.create(item=acting.item, field=name, place_id=held, until=acting.now)


def _write(acting: Acting) -> Act:
    standing, item, post = acting.standing, acting.item, _post(acting)
    act = Act.objects.create(
        item=item,
        matter_id=item.matter_id,
        step=acting.step.name,
        person_id=standing.person if standing else None,
        behalf_id=standing.behalf if standing else None,
        at=acting.now,
        from_state=acting.facts.state,
        to_state=item.state,
        version=item.version,
        reason=acting.asked.reason.strip(),
        data=_kept_data(acting),
        request=acting.asked.request,
        asked=acting.asked.turnout if _is_secret(acting) else acting.asked.digest,
        role=post.role if post else "",
        path=post.path if post else "",
    )
    Answered.objects.bulk_create(_kept(act, answer) for answer in acting.answers)
    return act


def _is_secret(acting: Acting) -> bool:
    step = acting.step
    return step.form is None and step.panel is not None and step.panel.is_secret(acting.item)


def _post(acting: Acting) -> Held | None:
    """The post that an act was done in: the one that makes the asker its party, else the first that the asker has."""
    standing = acting.standing
    if standing is None:
        return None
    fits = (held for held in standing.posts if _is_party(acting, replace(standing, posts=(held,))))
    return next(fits, next(iter(standing.posts), None))


def _is_party(acting: Acting, standing: Standing) -> bool:
    for seat in acting.facts.seats.get(acting.step.name, ()):
        if seat.number == acting.seat:
            return seat.turn.falls_to(standing)
    return acting.step.who.holds(standing, acting.facts.concerned)


def _kept(act: Act, answer: Answer) -> Answered:
    said = answer.said
    evidence = [[each.what.zh, each.what.en, each.value, each.source] for each in said.evidence] if said else []
    zh, en = (said.text.zh, said.text.en) if said else ("", "")
    return Answered(act=act, check_name=answer.check.name, level=answer.check.level, zh=zh, en=en, evidence=evidence)


def _kept_data(acting: Acting) -> dict[str, str]:
    """A form's values as texts, kept with the act; no tagged fields, as more people read the record than those.

    A panel's answers are kept with its seats: not everybody may read them, and not at once.
    """
    if acting.step.panel is not None and acting.step.form is None:
        return {}
    return {name: str(value) for name, value in acting.data.items() if name not in acting.flow.tag_of}


def _bar(acting: Acting) -> None:
    """Whoever did this duty, or for whom it was done, may not do the duties that are apart from it."""
    if acting.standing is None:
        return
    others = apart(acting.flow.code, acting.step.name)
    Bar.objects.bulk_create(
        [
            Bar(matter_id=acting.item.matter_id, person_id=person, flow=flow, step=step)
            for flow, step in sorted(others)
            for person in sorted(acting.standing.people)
        ],
        ignore_conflicts=True,
    )


def _look_ahead(acting: Acting) -> None:
    """Panels of the new state, its clock, and whom the item waits for."""
    item, flow = acting.item, acting.flow
    if item.state != acting.facts.state:
        for poll in item.polls.filter(closed_at=None).exclude(step=""):
            poll.closed_at, poll.outcome = acting.now, Poll.Outcome.LEFT
            poll.save()
        Passed.objects.filter(item=item, ended_at=None).update(ended_at=acting.now)
        for step in flow.leaving(item.state):
            if step.panel is not None:
                step.panel.open(acting, step)
    due = deadlines.renew(flow, item, acting.now)
    todos.renew(flow, item, facts_of(flow, item), acting.now, due)
