"""Who sees what of an item (可见范围): over plain values, and as conditions on rows; tests hold the two equal.

`visible` is the only way to items for lists, search, sort, export, file, print, notice and API. It has a column
`shown_<field>` for each field that is null where the row's reader may not see it, so that no list sorts or searches by
what is hidden.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from django.db.models import BooleanField, Case, Exists, F, OuterRef, Q, QuerySet, Value, When

from yiheng.site.base.flow.declare import Flow, Shows, Sight
from yiheng.site.base.flow.facts import EVERY, Known, has_panels, known_of
from yiheng.site.base.flow.models import Bar, Copied, Item, Reached, Seat
from yiheng.site.base.flow.registry import versions_of
from yiheng.site.base.party.party import NOBODY, waiting_for
from yiheng.site.base.places.standing import Actor, Standing

PREFIX = "shown_"


@dataclass(frozen=True)
class Seen:
    """What somebody sees of an item: nothing, a stub or all; and the tags of further fields."""

    shows: Shows | None
    tags: frozenset[str] = frozenset()

    def field(self, flow: Flow, name: str) -> bool:
        """Whether a field is seen."""
        if self.shows is Shows.ALL:
            return flow.tag_of.get(name) in (None, *self.tags)
        return self.shows is Shows.STUB and name in flow.stub

    def files(self, flow: Flow, kind: str) -> bool:
        """Whether files of a kind may be read."""
        return self.shows is Shows.ALL and flow.tag_of_files.get(kind) in (None, *self.tags)


def seen(flow: Flow, facts: Known, actor: Actor) -> Seen:
    """What the actor sees of an item."""
    if facts.barred(EVERY, EVERY, frozenset((actor.person,))):
        return Seen(None)
    return _joined(seen_as(flow, facts, standing) for standing in actor.in_flow(flow.code))


def seen_as(flow: Flow, facts: Known, standing: Standing) -> Seen:
    """What one standing sees of an item, if nothing bars the person from it."""
    sights = [sight for sight in flow.sights if _holds(sight, facts, standing)]
    shown = {sight.shows for sight in sights}
    shown |= {guest.shows for guest in facts.guests if guest.turn.falls_to(standing)}
    if Shows.ALL in shown:
        return Seen(Shows.ALL, frozenset(tag for sight in sights if sight.shows is Shows.ALL for tag in sight.tags))
    return Seen(Shows.STUB if Shows.STUB in shown else None)


def _joined(each: Iterable[Seen]) -> Seen:
    """All that several standings of one person see together."""
    found = list(each)
    shown = {its.shows for its in found}
    shows = next((one for one in (Shows.ALL, Shows.STUB) if one in shown), None)
    return Seen(shows, frozenset(tag for its in found for tag in its.tags))


def seen_of(items: Sequence[Item], actor: Actor) -> dict[int, Seen]:
    """What the actor sees of items that were found already, of any flows, in a few questions for all of them."""
    known = known_of(items)
    return {item.pk: seen(item.its_flow, known[item.pk], actor) for item in items}


def visible(flow: Flow, actor: Actor, fields: Iterable[str] = ()) -> "QuerySet[Item]":
    """The items that the actor sees at least as a stub, with `shown_<field>` for each of `fields`.

    Those are for sorting and searching; `seen_of` says what is shown of rows that were found. `seen_all` says whether a
    row is shown whole. An item is shown as the version says that it began with.
    """
    whole, stub = (_by_version(flow, partial(_rows, actor=actor, shows=shows)) for shows in (Shows.ALL, Shows.STUB))
    found = flow.model.objects.filter(whole | stub, flow=flow.code).exclude(_barred(actor))
    found = found.annotate(seen_all=_is(whole))
    return found.annotate(**{f"{PREFIX}{name}": _shown(flow, actor, name, ~stub | whole) for name in fields})


def few(flow: Flow, actor: Actor, most: int) -> list[int] | None:
    """The numbers of what the actor may see of a flow, each way asked by itself, as an index answers; None: of more.

    `visible` asks every row all ways at once, which is quick where it finds many of them, and slow where it finds few.
    """
    ways = [
        way for shows in (Shows.ALL, Shows.STUB) for its in versions_of(flow.code) for way in _ways(its, actor, shows)
    ]
    rows = [flow.model.objects.filter(way).order_by().values_list("pk", flat=True) for way in ways]
    numbers = list(rows[0].union(*rows[1:], all=True)[: most + 1])
    return None if len(numbers) > most else sorted(set(numbers))


def counted(flow: Flow, actor: Actor) -> "QuerySet[Item]":
    """The items that count in the actor's statistics: those seen, and those seen as counts alone."""
    every = NOBODY
    for shows in Shows:
        every |= _by_version(flow, partial(_rows, actor=actor, shows=shows))
    return flow.model.objects.filter(every, flow=flow.code).exclude(_barred(actor))


def _by_version(flow: Flow, of: Callable[[Flow], Q]) -> Q:
    """A condition on items, each judged by the version of the flow that it began with."""
    versions = versions_of(flow.code)
    if len(versions) == 1:
        return of(versions[0])
    found = NOBODY
    for its in versions:
        found |= Q(definition=its.version) & of(its)
    return found


def _holds(sight: Sight, facts: Known, standing: Standing) -> bool:
    begun = sight.since is None or sight.since.code in facts.reached
    return begun and sight.who.holds(standing, facts.concerned)


def _rows(flow: Flow, actor: Actor, shows: Shows, tag: str | None = None) -> Q:
    found = NOBODY
    for way in _ways(flow, actor, shows, tag):
        found |= way
    return found


def _ways(flow: Flow, actor: Actor, shows: Shows, tag: str | None = None) -> Iterator[Q]:
    """Why the actor sees items, each a condition that an index answers; with a tag, the sights that show it."""
    standings = list(actor.in_flow(flow.code))
    for sight in flow.sights:
        if sight.shows is shows and (tag is None or tag in sight.tags):
            yield from (_since(sight) & term.rows(standing) for standing in standings for term in sight.who.terms)
    for standing in standings if tag is None else ():
        yield _copied(standing, shows)
        if shows is Shows.ALL and has_panels(flow):
            yield seated(standing)


def _copied(standing: Standing, shows: Shows) -> Q:
    return Q(pk__in=Copied.objects.filter(person=standing.behalf, shows=shows).values("item"))


def seated(standing: Standing) -> Q:
    """The items that the standing sees because of a seat in a panel: one that waits, or that its like filled."""
    waits = Q(poll__closed_at=None, recused=False, person_answered=None) & (Q(is_open=True) | Q(person__isnull=False))
    found = Q(person_answered=standing.behalf) | Q(behalf=standing.behalf)
    for turn in waiting_for(standing):
        found |= turn & (waits | Q(person_answered__isnull=False))
    return Q(pk__in=Seat.objects.filter(found).order_by().values("poll__item"))


def _since(sight: Sight) -> Q:
    if sight.since is None:
        return Q()
    return Q(Exists(Reached.objects.filter(item=OuterRef("pk"), state=sight.since.code)))


def _barred(actor: Actor) -> Q:
    return Q(matter__in=Bar.objects.filter(person=actor.person, step=EVERY).values("matter"))


def _is(condition: Q) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())


def _shown(flow: Flow, actor: Actor, name: str, untagged: Q) -> Case | F:
    """A field's value where the reader may see it, null elsewhere; `untagged`: the items of which no tag hides any."""
    versions = versions_of(flow.code)
    if all(name in its.stub and name not in its.tag_of for its in versions):
        return F(name)  # whoever sees the item at all sees it
    if not any(name in (*its.stub, *its.tag_of) for its in versions):
        return Case(When(untagged, then=F(name)), default=Value(None))
    return Case(When(_by_version(flow, partial(_of_field, actor=actor, name=name)), then=F(name)), default=Value(None))


def _of_field(flow: Flow, actor: Actor, name: str) -> Q:
    """The items of which the field is shown; `Seen.field` is the same over plain values."""
    whole = _rows(flow, actor, Shows.ALL, flow.tag_of.get(name))
    return whole | _rows(flow, actor, Shows.STUB) if name in flow.stub else whole
