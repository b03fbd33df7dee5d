"""What the site does every minute (每分钟事务): deadlines, what lapses, notices, seals, the day's proof, tidying."""

from datetime import datetime

from yiheng.site.base.audit.looks import seal
from yiheng.site.base.flow.tick import tick
from yiheng.site.base.jobs import logs
from yiheng.site.base.jobs.minutely import Minutely
from yiheng.site.base.jobs.results import tidy
from yiheng.site.base.ledger.moves import lapse
from yiheng.site.base.notices import confirming
from yiheng.site.base.notices.jobkinds import daily
from yiheng.site.base.notices.outbox import tell


def ticked(now: datetime) -> None:
    """The tick; what it could not do of single items is its fault in the end, after all others had their turn."""
    faults = tick(now).faults
    for fault in faults:
        fault.error.add_note(f"item {fault.item}: {fault.what}")
    if faults:
        raise ExceptionGroup("of single items", [fault.error for fault in faults])


DUE = (
    Minutely("tick", ticked),
    Minutely("lapse", lapse),
    Minutely("confirm", confirming.lapse),
    Minutely("tell", tell),
    Minutely("seal", seal),
    Minutely("daily", daily),
    Minutely("tidy", tidy),
    Minutely("logs", logs.tidy),
)
