"""Jobs (后台作业) as pages: one's own, and for an administrator those of the place: progress, log, cancel, retry."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from yiheng.base.words import Word
from yiheng.site.base.audit.looks import look
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.flow.jobkinds import PUBLISH
from yiheng.site.base.jobs import actions, results
from yiheng.site.base.jobs.kinds import known
from yiheng.site.base.jobs.logs import kept
from yiheng.site.base.jobs.models import Job
from yiheng.site.base.jobs.queue import put
from yiheng.site.base.pages import export
from yiheng.site.base.pages.asking import actor_for, now_of
from yiheng.site.base.pages.paging import Page, Rows, page_asked
from yiheng.site.base.places.standing import Actor
from yiheng.site.base.refused import NotDone

_PAGE = 25
# A page that shows a running job asks again so often by itself; then the reader does, so that no session goes on alone.
_ASKED_AGAIN = 60
_LATELY = timedelta(minutes=5)
_TONES = {Job.State.DONE: "ended", Job.State.FAILED: "failed", Job.State.CANCELLED: "failed"}


@dataclass(frozen=True)
class Line:
    """A job as it reads: its kind, how far it is in hundredths (None: not known), what may be done with it."""

    job: Job
    word: Word
    tone: str
    percent: int | None
    stops: bool
    again: bool
    file_until: datetime | None


@require_safe
def jobs_page(request: HttpRequest) -> HttpResponse:
    """The reader's jobs, the last first; an administrator's also those of the place."""
    actor, now = actor_for(request), now_of(request)
    page: Page[Job] = page_asked(
        Rows(actions.looked_after(actor).select_related("person")), request.GET.get("page", ""), _PAGE
    )
    context = {
        "page": page, "rows": [_line(job, actor, now) for job in page.rows], "kept": "",
        "others": any(job.person_id != actor.person for job in page.rows),
        "publishes": actions.runs_the_site(actor),
    }  # fmt: skip
    return render(request, "site/jobs.html", context)


@never_cache
@require_safe
def job_page(request: HttpRequest, number: int) -> HttpResponse:
    """One job: how far it is, what came of it, what it printed."""
    return _shown(request, _job(request, number), None)


def _shown(request: HttpRequest, job: Job, said: Word | None) -> HttpResponse:
    actor, now = actor_for(request), now_of(request)
    times = request.GET.get("times", "0")
    asked = int(times) if times.isdecimal() and len(times) < len(str(_ASKED_AGAIN)) + 1 else _ASKED_AGAIN
    runs = job.state in (Job.State.QUEUED, Job.State.RUNNING)
    context = {
        "line": _line(job, actor, now), "job": job, "said": said, "runs": runs,
        "log": kept(job) if job.state == Job.State.RUNNING else job.log,
        "times": asked + 1 if runs and asked < _ASKED_AGAIN else None,
        "waits": job.state == Job.State.QUEUED and job.not_before <= now - _LATELY,
    }  # fmt: skip
    part = request.headers.get("HX-Target") == "job"
    status = HTTPStatus.UNPROCESSABLE_ENTITY if said else HTTPStatus.OK
    return render(request, "site/_job.html" if part else "site/job.html", context, status=status)


_VERBS: dict[str, Callable[[Actor, Job, datetime], None]] = {"cancel": actions.stop, "again": actions.again}


@require_POST
def job_do(request: HttpRequest, number: int, verb: str) -> HttpResponse:
    """Cancel a job, or try it again."""
    job = _job(request, number)
    if verb not in _VERBS:
        raise Http404
    try:
        _VERBS[verb](actor_for(request), job, now_of(request))
    except NotDone as why:
        return _shown(request, job, why.text)
    return redirect("job", number)


@never_cache
@require_safe
def job_file(request: HttpRequest, number: int) -> FileResponse:
    """The file of a job, for whoever started it and as long as it is kept; 404 for everybody else."""
    actor, now = actor_for(request), now_of(request)
    job = Job.objects.filter(pk=number, person_id=actor.person).first()
    if job is None or not results.is_there(job, now):
        raise Http404
    look(actor, "job_file", Of("job", str(job.pk)), now)
    sent = export.KINDS[job.file.rsplit(".", 1)[-1]]
    return FileResponse(results.path(job.pk).open("rb"), as_attachment=True, filename=job.file, content_type=sent)


@require_POST
def jobs_publish(request: HttpRequest) -> HttpResponse:
    """Publish the tables of all flows, once a minute at most; for administrators of the whole region."""
    actor, now = actor_for(request), now_of(request)
    if not actions.runs_the_site(actor):
        raise Http404
    return redirect("job", put(PUBLISH, {}, f"{PUBLISH.code}/{now:%Y%m%d%H%M}", actor.own, now).pk)


def _job(request: HttpRequest, number: int) -> Job:
    job = actions.looked_after(actor_for(request)).select_related("person").filter(pk=number).first()
    if job is None:
        raise Http404
    return job


def _line(job: Job, actor: Actor, now: datetime) -> Line:
    kind = known().get(job.kind)
    open_still = job.state in (Job.State.QUEUED, Job.State.RUNNING)
    percent = 100 * min(job.done, job.total) // job.total if job.total else None
    mine = job.person_id == actor.person
    return Line(
        job,
        kind.word if kind else Word(job.kind, job.kind),
        _TONES.get(Job.State(job.state), ""),
        percent,
        open_still and not job.cancel_asked,
        job.state in (Job.State.FAILED, Job.State.CANCELLED) and kind is not None,
        results.kept_until(job) if mine and results.is_there(job, now) else None,
    )
