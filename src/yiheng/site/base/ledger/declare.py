"""What a service says of a ledger (台账声明): its code, name and unit, how its limits hold, whose they are."""

from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured

from yiheng.base.words import Word
from yiheng.site.base.ledger.models import Mode
from yiheng.site.base.ledger.units import Unit
from yiheng.site.base.party import Party


@dataclass(frozen=True)
class Ledger:
    """One ledger. Its parties are asked about a cell's place, which they call `place`; no party: nobody.

    - mode: that of cells where nothing else is said
    - keepers: who asks for a limit; confirms: who, being another person, confirms it; nobody: it holds at once
    - seen_by: who sees the cells beside these two
    """

    code: str
    word: Word
    unit: Unit
    mode: Mode = Mode.RIGID
    keepers: Party = Party()
    confirms: Party = Party()
    seen_by: Party = Party()

    @property
    def seers(self) -> Party:
        """Whoever sees its cells."""
        return self.keepers | self.confirms | self.seen_by


_ledgers: dict[str, Ledger] = {}


def declare(ledger: Ledger) -> Ledger:
    """Make a ledger known; a fault of the declaration: twice, another field, money that one person changes alone."""
    if not ledger.seers.fields() <= {"place"}:
        raise ImproperlyConfigured(f"ledger {ledger.code}: its parties are over `place`")
    if ledger.unit is Unit.FEN and ledger.keepers.terms and not ledger.confirms.terms:
        raise ImproperlyConfigured(f"ledger {ledger.code}: a limit of money needs somebody who confirms it")
    if _ledgers.setdefault(ledger.code, ledger) != ledger:
        raise ImproperlyConfigured(f"ledger {ledger.code} is declared twice")
    return ledger


def ledgers() -> dict[str, Ledger]:
    """All ledgers by code."""
    return dict(sorted(_ledgers.items()))
