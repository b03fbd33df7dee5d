"""The daily proof of the ledgers as a job (台账核对作业): it fails where a ledger does, and then tells who answers."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.timezone import localdate

from yiheng.base.words import Word
from yiheng.site.base.jobs.kinds import Kind, declare
from yiheng.site.base.jobs.models import Job
from yiheng.site.base.jobs.queue import put
from yiheng.site.base.jobs.work import Work
from yiheng.site.base.notices.models import Notice
from yiheng.site.base.notices.proving import notices, proved, said


def prove_all(work: Work, args: dict[str, Any]) -> str:  # noqa: ARG001 (as every kind is called)
    """Hold every cell against its records; the job has failed where one differs, with its notices, all at once."""
    work.step("核对额度台账 / proving the ledgers")
    found = proved()
    if not found:
        return "全部相符 / every cell is the sum of its records"
    text = said(found)
    with work.commit(f"{text.zh} / {text.en}", Job.State.FAILED):
        Notice.objects.bulk_create(notices(found, timezone.now()))
    return ""


PROVE = declare(Kind("ledger.prove", Word("台账核对", "proof of the ledgers"), prove_all))


def daily(now: datetime) -> None:
    """The proof of the day, once, whoever calls how often."""
    put(PROVE, {}, f"{PROVE.code}/{localdate(now)}", None, now)
