"""What a service says of a ledger (台账声明): its code, name and unit, how its limits hold, and who may change them."""

from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured

from yiheng.base.words import Word
from yiheng.site.base.ledger.models import Mode
from yiheng.site.base.ledger.units import Unit
from yiheng.site.base.places.roles import Role


@dataclass(frozen=True)
class Ledger:
    """One ledger; whoever holds one of the roles `keepers` at or above a cell's place changes its limit; none: nobody.

    `mode` is that of cells where nothing else is said.
    """

    code: str
    word: Word
    unit: Unit
    mode: Mode = Mode.RIGID
    keepers: tuple[Role, ...] = ()


_ledgers: dict[str, Ledger] = {}


def declare(ledger: Ledger) -> Ledger:
    """Make a ledger known; the same code twice with another meaning is a fault of the declaration."""
    if _ledgers.setdefault(ledger.code, ledger) != ledger:
        raise ImproperlyConfigured(f"ledger {ledger.code} is declared twice")
    return ledger


def ledgers() -> dict[str, Ledger]:
    """All ledgers by code."""
    return dict(sorted(_ledgers.items()))
