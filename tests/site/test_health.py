"""Whether the site is sound: what its worker and the proof of its ledgers say."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from yiheng.site.base.jobs.models import Job, Pulse
from yiheng.site.health import last_backup, state

pytestmark = pytest.mark.django_db


def ledgers() -> str:
    return state()["额度台账 ledgers"]


def test_health_says_what_the_last_proof_found() -> None:
    now = timezone.now()
    assert ledgers() == ""
    made = {"kind": "ledger.prove", "not_before": now}
    Job.objects.create(key="1", state="queued", made_at=now - timedelta(days=3), **made)
    since = timezone.localtime(now - timedelta(days=3))
    assert ledgers() == f"not proved since {since:%F %H:%M}; look at the job: yiheng site work"
    Job.objects.create(key="2", state="failed", message="“预算”有1个额度与记录不符", made_at=now, ended_at=now, **made)
    assert ledgers() == "“预算”有1个额度与记录不符"
    Job.objects.create(key="3", state="done", made_at=now, ended_at=now + timedelta(hours=1), **made)
    assert ledgers() == ""


def test_a_site_without_a_worker_and_a_backup_is_sound() -> None:
    assert set(state().values()) == {""}
    assert last_backup() is None


def test_what_the_last_minute_could_not_do_is_said_by_its_last_line() -> None:
    pulse("tick", 1, 1, "Traceback ...\nValueError: item 7\n")
    pulse("seal", 1, 1)
    assert minutely() == "tick: ValueError: item 7"


def minutely() -> str:
    return state()["每分钟事务 minutely"]


def pulse(name: str, began: float, ended: float | None, fault: str = "") -> datetime:
    """What was last begun and ended so many minutes ago; when it began, in local time."""
    now = timezone.now()
    at, end = (ago is not None and now - timedelta(minutes=ago) or None for ago in (began, ended))
    Pulse.objects.create(name=name, began_at=at, ended_at=end, fault=fault)
    return timezone.localtime(at)


def test_a_worker_that_stands_still_is_a_fault_at_once() -> None:
    pulse("tick", 4.9, 4.9)
    assert minutely() == ""
    Pulse.objects.all().delete()
    first = pulse("tell", 7, None)
    pulse("seal", 0.5, 0.5)
    pulse("gone", 9_999, 9_999)
    assert minutely() == f"not done since {first:%F %H:%M}: tell; yiheng site work", "what is not due is not missed"
    stopped = Pulse.objects.get(name="tell").began_at + timedelta(minutes=1)
    Pulse.objects.filter(name__in=("tell", "seal")).update(began_at=stopped, ended_at=stopped)
    Pulse.objects.create(name="tick", began_at=stopped + timedelta(minutes=5), ended_at=first, fault="x\nNo: 1")
    assert minutely() == (
        f"tick: No: 1; not done since {first:%F %H:%M}: tick; yiheng site work; "
        f"not done since {timezone.localtime(stopped):%F %H:%M}: seal, tell; yiheng site work"
    )
