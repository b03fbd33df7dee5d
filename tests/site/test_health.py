"""Whether the site is sound: what its worker and the proof of its ledgers say."""

from datetime import timedelta

import pytest
from django.utils import timezone

from yiheng.site.base.jobs.models import Job
from yiheng.site.health import last_backup, state

pytestmark = pytest.mark.django_db


def ledgers() -> str:
    return state()["额度台账 ledgers"]


def test_health_says_what_the_last_proof_found() -> None:
    now = timezone.now()
    assert ledgers() == ""
    made = {"kind": "ledger.prove", "not_before": now}
    Job.objects.create(key="1", state="queued", made_at=now - timedelta(days=3), **made)
    assert ledgers().startswith("not proved since ")
    Job.objects.create(key="2", state="failed", message="“预算”有1个额度与记录不符", made_at=now, ended_at=now, **made)
    assert ledgers() == "“预算”有1个额度与记录不符"
    Job.objects.create(key="3", state="done", made_at=now, ended_at=now + timedelta(hours=1), **made)
    assert ledgers() == ""


def test_a_site_without_a_worker_and_a_backup_is_sound() -> None:
    assert set(state().values()) == {""}
    assert last_backup() is None
