"""Whether the site is sound (运行状态): its declarations, its database, what its worker does, its last backup."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.core.checks import run_checks
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Min
from django.utils.timezone import localtime, now

from yiheng.site.base.backup.making import last_made
from yiheng.site.base.jobs.models import Job, Pulse
from yiheng.site.base.notices.jobkinds import PROVE

_PROVED_WITHIN = timedelta(days=2)


def state() -> Mapping[str, str]:
    """By part what is wrong with it; empty: nothing."""
    return {
        "声明 declarations": "; ".join(str(each) for each in run_checks() if not each.is_silenced()),
        "数据库 database": up_to_date(),
        "每分钟事务 minutely": _last_pulses(),
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


def _last_pulses() -> str:
    """What the worker's last minute could not do; nothing where there was none, or no table for it yet."""
    if Pulse._meta.db_table not in connection.introspection.table_names():
        return ""
    faults = Pulse.objects.exclude(fault="").order_by("name").values_list("name", "fault")
    return "; ".join(f"{name}: {fault.strip().splitlines()[-1]}" for name, fault in faults)


def _last_proof() -> str:
    """What the last proof of the ledgers found, or that there was none although the worker has run for days."""
    if Job._meta.db_table not in connection.introspection.table_names():
        return ""
    proofs = Job.objects.filter(kind=PROVE.code)
    last = proofs.filter(state__in=(Job.State.DONE, Job.State.FAILED)).order_by("-ended_at").first()
    if last is not None and last.state == Job.State.FAILED:
        return str(last.message)
    since = last.ended_at if last else proofs.aggregate(first=Min("made_at"))["first"]
    is_late = since is not None and since < now() - _PROVED_WITHIN
    return f"not proved since {since:%F %H:%M}; look at the job: yiheng site work" if is_late else ""
