"""The proof of the ledgers (台账核对): every cell held against its records, and who is told where they differ."""

from datetime import datetime

from django.utils.timezone import localdate

from yiheng.base.words import Word
from yiheng.site.base.flow.registry import load
from yiheng.site.base.ledger.declare import Ledger, ledgers
from yiheng.site.base.ledger.models import Cell
from yiheng.site.base.ledger.reading import Unproven, prove
from yiheng.site.base.notices.audience import reached
from yiheng.site.base.notices.models import Notice
from yiheng.site.base.party import RoleOver
from yiheng.site.base.party.facts import Concerned
from yiheng.site.base.places.models import Place
from yiheng.site.base.places.roles import ADMINISTRATOR

_NAMED, _LONGEST = 5, 300
# Whoever runs the site at the cell's place or above is told beside the ledger's own keepers.
_RUNS = RoleOver(ADMINISTRATOR, "place")


def proved() -> dict[str, list[Unproven]]:
    """By ledger what is not the sum of its records; every ledger that has a cell is asked."""
    codes = sorted(set(Cell.objects.order_by().values_list("ledger", flat=True)))
    return {code: found for code in codes if (found := prove(code))}


def said(found: dict[str, list[Unproven]]) -> Word:
    """What was found, in one line."""
    counts = {code: len({each.cell for each in wrong}) for code, wrong in found.items()}
    zh = "；".join(f"“{_word(code).zh}”有{count}个额度与记录不符" for code, count in counts.items())
    en = "; ".join(f"{_word(code).en}: {count} cells differ from their records" for code, count in counts.items())
    return Word(zh, en)


def notices(found: dict[str, list[Unproven]], now: datetime) -> list[Notice]:
    """A notice for each who answers for a cell that was found: of each ledger one, which names the cells."""
    made = []
    for code, wrong in found.items():
        cells = Cell.objects.select_related("place").in_bulk({each.cell for each in wrong})
        by_person: dict[int, list[str]] = {}
        for number in sorted(cells):
            for person in sorted(_answers(code, cells[number], now)):
                by_person.setdefault(person, []).append(cells[number].name)
        made += [_notice(person, code, names, now) for person, names in sorted(by_person.items())]
    return made


def _answers(code: str, cell: Cell, now: datetime) -> set[int]:
    """The keepers of the cell's place and those who run the site over it; of a cell without a place, the latter."""
    place = cell.place or Place.objects.filter(parent=None).earliest("pk")
    at = Concerned(0, 0, places={"place": place.path})
    ledger = _declared(code)
    party = _RUNS | ledger.keepers | ledger.confirms if ledger and cell.place else _RUNS
    return reached(party.turns(at), localdate(now))


def _notice(person: int, code: str, names: list[str], now: datetime) -> Notice:
    ledger, first, others = _word(code), names[:_NAMED], len(names) > _NAMED
    zh = f"额度台账“{ledger.zh}”与记录不符：{'、'.join(first)}{f'等{len(names)}个' if others else ''}，请核查"
    more = f" and others, {len(names)} in all" if others else ""
    en = f"Ledger {ledger.en}: cells that differ from their records: {', '.join(first)}{more}"
    return Notice(person_id=person, zh=zh[:_LONGEST], en=en[:_LONGEST], at=now)


def _declared(code: str) -> Ledger | None:
    load()
    return ledgers().get(code)


def _word(code: str) -> Word:
    """The ledger's name; its code where no service has it any more."""
    its = _declared(code)
    return its.word if its else Word(code, code)
