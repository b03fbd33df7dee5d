"""Whether the site is sound (运行状态): its declarations, its database, what its worker does, its last backup."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter

from django.core.checks import run_checks
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Min, Model, QuerySet
from django.db.models.functions import Coalesce
from django.utils.timezone import localdate, localtime, now

from yiheng.policy.loader import scheme
from yiheng.site.base.backup.making import last_made
from yiheng.site.base.jobs.models import Job, Pulse
from yiheng.site.base.notices.jobkinds import PROVE
from yiheng.site.minutely import DUE


def state() -> Mapping[str, str]:
    """By part what is wrong with it; empty: nothing."""
    return {
        "声明 declarations": "; ".join(str(each) for each in run_checks() if not each.is_silenced()),
        "数据库 database": up_to_date(),
        "每分钟事务 minutely": "; ".join((*_last_faults(), *_standing_still())),
        "额度台账 ledgers": _last_proof(),
    }


def up_to_date() -> str:
    """What the database lacks; empty: nothing."""
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as fault:
        return str(fault)
    return f"{len(waiting)} migrations are to be applied: yiheng site serve" if waiting else ""


def last_backup() -> datetime | None:
    """When the last backup was made, in local time."""
    at = last_made()
    return at and localtime(at)


def _last_faults() -> Iterator[str]:
    """What the worker's last minute could not do; nothing where there was none."""
    for pulse in _pulses().exclude(fault="").order_by("name"):
        yield f"{pulse.name}: {pulse.fault.strip().splitlines()[-1]}"


def _standing_still() -> Iterator[str]:
    """What is due every minute and was not done for some, by when it was last done: the worker is dead, or stuck."""
    before = now() - timedelta(minutes=_limit("pulse_minutes"))
    rows = _pulses().filter(name__in=[each.name for each in DUE]).annotate(done=Coalesce("ended_at", "began_at"))
    stale = rows.filter(done__lt=before).order_by("done", "name").values_list("done", "name")
    for since, group in groupby(stale, key=itemgetter(0)):
        yield f"not done since {localtime(since):%F %H:%M}: {', '.join(name for _, name in group)}; yiheng site work"


def _pulses() -> QuerySet[Pulse]:
    """What is known of the worker's minutes; nothing where there is no table for it yet."""
    return Pulse.objects.all() if _has_table(Pulse) else Pulse.objects.none()


def _last_proof() -> str:
    """What the last proof of the ledgers found, or that there was none although the worker has run for days."""
    if not _has_table(Job):
        return ""
    proofs = Job.objects.filter(kind=PROVE.code)
    last = proofs.filter(state__in=(Job.State.DONE, Job.State.FAILED)).order_by("-ended_at").first()
    if last is not None and last.state == Job.State.FAILED:
        return str(last.message)
    since = last.ended_at if last else proofs.aggregate(first=Min("made_at"))["first"]
    is_late = since is not None and since < now() - timedelta(days=_limit("proof_days"))
    return f"not proved since {localtime(since):%F %H:%M}; look at the job: yiheng site work" if is_late else ""


def _limit(name: str) -> int:
    """What policy says today of the jobs' times, in the unit that the name ends with."""
    return int(scheme("site/jobs").value(name, localdate()))


def _has_table(model: type[Model]) -> bool:
    return model._meta.db_table in connection.introspection.table_names()
