"""Taking away (批量取数): so many rows a person within a day, by exports and the API; many at once with a reason."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils.timezone import localdate

from yiheng.base.words import Word
from yiheng.policy.loader import scheme
from yiheng.site.base.audit.looks import refusals
from yiheng.site.base.audit.models import Look
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.identity import demand_none
from yiheng.site.base.places.standing import Actor
from yiheng.site.base.refused import NotDone

_DAY = timedelta(days=1)
# What the audit calls the rows that somebody took away: a file, and pages of the API.
EXPORT, PAGE = "export", "rows"


class ReasonAsked(NotDone):
    """So many rows at once are given with a reason only."""

    def __init__(self, rows: int) -> None:
        super().__init__("reason_asked", Word(f"共{rows}行，请填写导出理由", f"{rows} rows: say what they are for"))


class TooMuch(NotDone):
    """More rows than one person takes away within a day."""

    def __init__(self, most: int) -> None:
        zh = f"24小时内取数不得超过{most}行，请筛选后再取，或明日再取"
        en = f"at most {most} rows are taken within 24 hours: look for fewer, or come back tomorrow"
        super().__init__("quota", Word(zh, en))


def demand(actor: Actor, flow: str, what: str, rows: int, reason: str, now: datetime) -> None:
    """Refuse, and keep it, what goes beyond the quota; a file of many rows without a reason. Raises NotDone."""
    with refusals(actor.own, f"look.{what}", Of(flow), now):
        if what == EXPORT and rows > settings.YIHENG_ROWS_WITHOUT_REASON and not reason.strip():
            raise ReasonAsked(rows)
        demand_none(reason)
        if _taken(actor.person, now) + rows > settings.YIHENG_ROWS_A_DAY:
            raise TooMuch(settings.YIHENG_ROWS_A_DAY)


def most_at_once(now: datetime) -> int:
    """How many rows are exported while the reader waits; more are a job (`longlists`)."""
    return int(scheme("site/access").value("export_rows", localdate(now)))


def confirmed_by(now: datetime) -> frozenset[str]:
    """The roles of which another person confirms the export of a longer list."""
    return frozenset(scheme("site/access").value("export_confirmed_by", localdate(now)))


def _taken(person: int, now: datetime) -> int:
    names = [f"look.{what}" for what in (EXPORT, PAGE)]
    rows = Look.objects.filter(person=person, at__gt=now - _DAY, action__in=names)
    return sum(int(detail.get("rows", 0)) for detail in rows.values_list("detail", flat=True))
