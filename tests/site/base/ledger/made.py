"""Cells for the tests: a budget in fen, beds, and slots."""

from datetime import timedelta

from yiheng.base.words import Word
from yiheng.site.base.ledger.declare import Ledger, declare
from yiheng.site.base.ledger.limits import open_cell
from yiheng.site.base.ledger.models import Cell, Hold, Mode
from yiheng.site.base.ledger.moves import By
from yiheng.site.base.ledger.units import Unit
from yiheng.site.base.party import RoleAt, RoleOver
from yiheng.site.base.places.models import Place
from yiheng.site.base.places.roles import AUDITOR, FINANCE, LEADER, OPERATIONS

from ..town import NOW

PURSE = declare(
    Ledger(
        "test_purse",
        Word("预算", "budget"),
        Unit.FEN,
        keepers=RoleOver(FINANCE, "place"),
        confirms=RoleOver(FINANCE, "place") | RoleAt(LEADER, "place"),
        seen_by=RoleAt(AUDITOR, "place"),
    )
)
BEDS = declare(Ledger("test_beds", Word("床位", "beds"), Unit.BED, keepers=RoleAt(OPERATIONS, "place")))
SOON = NOW + timedelta(minutes=15)


def purse(approved: int = 100_000, key: str = "A", mode: Mode | None = None, place: Place | None = None) -> Cell:
    return open_cell(PURSE, key, f"设备费{key}", NOW, approved, place, mode=mode)


def beds(approved: int = 3, key: str = "ward") -> Cell:
    return open_cell(BEDS, key, "外科床位", NOW, approved)


def by(reason: str = "", minutes: int = 0) -> By:
    return By(NOW + timedelta(minutes=minutes), reason=reason)


def legs(row: Cell | Hold) -> tuple[int, ...]:
    """A cell's limit, held, committed, used; a hold's amount, held, committed, used, released."""
    row.refresh_from_db()
    if isinstance(row, Cell):
        return (row.approved, row.held, row.committed, row.used)
    return (row.amount, row.held, row.committed, row.used, row.released)
