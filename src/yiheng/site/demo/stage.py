"""The stage (演示过程): what people did at moments of the past, one after another, each through `act`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from django.utils.timezone import localdate, localtime

from yiheng.site.base.accounts.models import Person
from yiheng.site.base.files.keeping import keep
from yiheng.site.base.flow.act import Asked, act
from yiheng.site.base.flow.models import Item
from yiheng.site.base.flow.tick import tick
from yiheng.site.base.notices.outbox import tell
from yiheng.site.base.places.models import Place
from yiheng.site.base.places.standing import actor_of
from yiheng.site.demo.cast import Cast
from yiheng.site.demo.region import Region

_PAPER = b"%PDF-1.4\n% made up, nothing in it\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
_DAY, _MORNING = timedelta(days=1), 6
_OPENS, _CLOSES, _WEEKEND = 8, 17, 5


@dataclass
class Stage:
    """Where stories are played: the region, its people, the moment, and the chance that the seed gives."""

    region: Region
    cast: Cast
    seed: int
    now: datetime
    chance: Random
    acts: int = 0
    patients: int = 0
    kept: dict[str, int] = field(default_factory=dict)

    def act(
        self,
        who: Person,
        step: str,
        item: Item | None = None,
        flow: str = "",
        parent: Item | None = None,
        reason: str = "",
        files: tuple[int, ...] = (),
        **data: Any,
    ) -> Item:
        """Somebody takes a step now; the item after it."""
        self.acts += 1
        key = uuid5(NAMESPACE_OID, f"yiheng demo/{self.seed}/{self.acts}")
        seen = None if item is None else Item.objects.values_list("version", flat=True).get(pk=item.pk)
        code = item.flow if item is not None else flow
        asked = Asked(code, step, key, item and item.pk, parent and parent.pk, seen, data, reason, files)
        return act(actor_of(who.pk, localdate(self.now)), asked, self.now).item

    def paper(self, who: Person, purpose: str) -> tuple[int, ...]:
        """A file that goes with a step."""
        return (keep(who, purpose, f"{purpose}.pdf", [_PAPER], ("pdf",), len(_PAPER), self.now).pk,)

    def somebody(self, role: str, place: Place) -> Person:
        """One of those in a role at a place."""
        return self.cast.of(role, place, self.chance.randrange(10))

    def wait(self) -> None:
        """What the site does by itself; a fault of it is one of the demo."""
        if faults := tick(self.now).faults:
            raise faults[0].error


@dataclass
class Story:
    """One matter: `beats`, each a moment and what is done then; a beat gets the stage and the story."""

    beats: "list[tuple[datetime, Callable[[Stage, Story], None]]]"
    item: Item | None = None
    told: dict[str, Any] = field(default_factory=dict)


Beat = Callable[[Stage, Story], None]


def backwards(end: datetime, beats: Iterable[tuple[timedelta, Beat]], office: bool) -> list[tuple[datetime, Beat]]:
    """Moments for beats, of which the last is at `end`; each is given the time since the one before.

    `office`: at working hours only, moved to the next earlier one.
    """
    found: list[tuple[datetime, Beat]] = []
    moment = _office(end) if office else end
    for since, beat in reversed(list(beats)):
        found.append((moment, beat))
        moment = _office(moment - since) if office else moment - since
    return found[::-1]


def play(stage: Stage, stories: Iterable[Story], until: datetime) -> None:
    """Everything in the order of its moments; every morning, and in the end, the site does what is its own."""
    told = [
        (at, number, place, story, beat)
        for number, story in enumerate(stories)
        for place, (at, beat) in enumerate(story.beats)
    ]
    told.sort(key=lambda each: each[:3])
    morning = told[0][0].replace(hour=_MORNING, minute=0, second=0, microsecond=0) + _DAY
    for at, _, _, story, beat in told:
        while morning <= at:
            _begin_day(stage, morning)
            morning += _DAY
        stage.now = at
        beat(stage, story)
    while morning <= until:
        _begin_day(stage, morning)
        morning += _DAY
    _begin_day(stage, until)


def _begin_day(stage: Stage, moment: datetime) -> None:
    stage.now = moment
    stage.wait()
    tell(moment)


def _office(moment: datetime) -> datetime:
    """The moment, or the last minute of the office hours before it; hours of weekends are none."""
    local = localtime(moment)
    if local.hour < _OPENS:
        local = (local - _DAY).replace(hour=_CLOSES - 1, minute=59)
    elif local.hour >= _CLOSES:
        local = local.replace(hour=_CLOSES - 1, minute=59)
    while local.weekday() >= _WEEKEND:
        local = (local - _DAY).replace(hour=_CLOSES - 1, minute=59)
    return local
