"""Packs in force (施行方案): which pack holds in a place on which day, from a registry; never the nearest one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from yiheng.base.refusal import Refusal
from yiheng.drg.packs.nearest import near
from yiheng.drg.packs.opening import open_pack
from yiheng.drg.packs.pack import Pack
from yiheng.policy.loader import Dated, Scheme, read_scheme, scheme

PLACES = "drg/places"
_FIELDS = {"pack", "to", "digest"}


@dataclass(frozen=True)
class Period:
    """A pack, the first and last day (None: open) on which it is in force, and the digest it must have ("": any)."""

    pack: str
    start: date
    end: date | None
    digest: str

    def holds(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day <= self.end)


class InForce:
    """The packs of one place over time; each is opened when it is first asked for, and then kept."""

    def __init__(self, place: str, periods: tuple[Period, ...], opened: Callable[[str], Pack]) -> None:
        self.place, self.periods = place, periods
        self._opened = opened
        self._packs: dict[Period, Pack] = {}

    def period(self, day: date) -> Period:
        """The period that `day` is in; a day outside all of them is refused."""
        found = next((period for period in self.periods if period.holds(day)), None)
        if found is None:
            known = "; ".join(f"{each.start} .. {each.end or ''}".rstrip() for each in self.periods)
            raise Refusal(f"no pack is in force in {self.place} on {day}", cure=f"in force: {known or 'none'}")
        return found

    def of(self, day: date) -> Pack:
        """The pack in force on `day`; a day outside all periods, or another digest than declared, is refused."""
        return self.pack(self.period(day))

    def pack(self, period: Period) -> Pack:
        if period not in self._packs:
            pack = self._opened(period.pack)
            if period.digest and pack.digest != period.digest:
                raise Refusal(f"has the digest {pack.digest}", file=period.pack, column="digest", value=period.digest)
            _check_days(period, pack)
            self._packs[period] = pack
        return self._packs[period]


def _check_days(period: Period, pack: Pack) -> None:
    """Refuse a registry that has a pack in force on days on which it says itself that it is not."""
    start, end = pack.about.start, pack.about.end
    early = start is not None and period.start < start
    late = end is not None and (period.end is None or period.end > end)
    if early or late:
        what = f"says itself that it is in force {start or ''} .. {end or ''}".rstrip()
        raise Refusal(what, file=period.pack, value=f"{period.start} .. {period.end or ''}".rstrip())


def registry(folder: Path | None = None) -> Scheme:
    """The registry of packs in force: `places.yaml` in this folder (DATA/policy/drg), else the one with Yiheng."""
    if folder is None:
        return scheme(PLACES)
    path = folder / "places.yaml"
    try:
        return read_scheme(str(path), path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Refusal("there is no registry of packs in force", file=str(path)) from None


def packs_in_force(place: str, registry: Scheme, folder: Path | None = None) -> InForce:
    """The packs of a place. A registry's packs are ids, or paths from `folder`.

    Refused: a place that the registry lacks, periods that overlap or end before they begin.
    """
    if place not in registry.parameters:
        known = sorted(registry.parameters)
        cure = near(place, known) if known else "the registry names no place"
        raise Refusal(f"{registry.id} has no packs for this place", column="--place", value=place, cure=cure)
    periods = tuple(_period(registry.id, place, dated) for dated in registry.parameters[place].values)
    for before, after in zip(periods, periods[1:], strict=False):
        if before.end is None or before.end >= after.start:
            what = f"{before.pack} and {after.pack} are both in force on {after.start}"
            raise Refusal(what, file=registry.id, value=place, cure=f"end {before.pack} on the day before (to)")
    return InForce(place, periods, lambda given: open_pack(_found(given, folder)))


def _found(given: str, folder: Path | None) -> str:
    beside = None if folder is None else folder / given
    return str(beside) if beside is not None and beside.exists() else given


def _period(shown: str, place: str, dated: Dated) -> Period:
    value: Any = dated.value
    if not isinstance(value, dict) or "pack" not in value or set(value) - _FIELDS:
        raise Refusal(f"{place} from {dated.start}: the value has pack, to and digest", file=shown, value=str(value))
    end = value.get("to")
    if not (end is None or type(end) is date):
        raise Refusal(f"{place} from {dated.start}: to is no day", file=shown, value=str(end))
    if end is not None and end < dated.start:
        raise Refusal(f"{place} from {dated.start}: ends before it begins", file=shown, value=str(end))
    return Period(str(value["pack"]), dated.start, end, str(value.get("digest", "")))
