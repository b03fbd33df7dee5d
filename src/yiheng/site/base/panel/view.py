"""What is shown of a panel (会签情况): to whoever sees the item whole; points and votes only once all are in."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from yiheng.base.words import Word
from yiheng.site.base.flow.declare import Flow, Shows
from yiheng.site.base.flow.facts import facts_of
from yiheng.site.base.flow.models import Item, Poll, Seat
from yiheng.site.base.flow.sight import seen
from yiheng.site.base.panel.forms import WORDS
from yiheng.site.base.panel.outcome import Value
from yiheng.site.base.places.standing import Actor

_BLIND = ("scores", "vote")


@dataclass(frozen=True)
class Line:
    """One seat: what it is, who answered, for whom, when, and the answer where the reader may see it.

    `state` is open, waiting, answered, absent or recused.
    """

    word: Word
    state: str
    who: str = ""
    behalf: str = ""
    at: datetime | None = None
    value: Word | None = None
    score: Decimal | None = None
    comment: str = ""


def lines(flow: Flow, item: Item, poll: Poll, actor: Actor) -> list[Line]:
    """The seats of a panel as the actor may read them; none to whoever does not see the item whole."""
    if seen(flow, facts_of(flow, item), actor).shows is not Shows.ALL:
        return []
    return list(_lines(poll, actor))


def _lines(poll: Poll, actor: Actor) -> Iterator[Line]:
    covered = poll.basis.get("once", []) + poll.basis.get("up", [])
    rungs = poll.basis.get("rungs", [])
    rows = list(poll.seats.select_related("person", "person_answered", "behalf").order_by("rung", "pk"))
    answered = {row.rung for row in rows if row.person_answered_id} if rungs else set()
    for row in rows:
        spare = bool(rungs) and not rungs[row.rung][2] and not row.is_open and row.rung not in answered
        sibling = row.rung in answered and row.person_answered_id is None
        if not (spare or sibling or row.rung in covered):
            yield _line(poll, row, rungs, actor)


def _line(poll: Poll, row: Seat, rungs: list[list[str]], actor: Actor) -> Line:
    word = Word(*rungs[row.rung][:2]) if rungs else Word("席位", "seat")
    if row.person_answered is None:
        return Line(word, _state(row), row.person.name if row.person else "", at=row.at)
    behalf = row.behalf.name if row.behalf_id != row.person_answered_id else ""
    who = row.person_answered.name
    own = actor.person in (row.person_answered_id, row.behalf_id)
    if poll.basis["kind"] in _BLIND and poll.closed_at is None and not own:
        return Line(word, "answered", who, behalf, row.at)
    value = WORDS[Value(row.value)] if row.value else None
    return Line(word, "answered", who, behalf, row.at, value, row.score, row.comment)


def _state(row: Seat) -> str:
    if row.recused:
        return "recused"
    if row.value == Value.ABSENT:
        return "absent"
    return "open" if row.is_open else "waiting"
