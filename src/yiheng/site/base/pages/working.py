"""Jobs (后台作业) as pages: one's own, an administrator's those of the place, and those of others that one confirms."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
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
from yiheng.site.base.notices.confirming import lapses_at
from yiheng.site.base.pages import export
from yiheng.site.base.pages.asking import actor_for, now_of
from yiheng.site.base.pages.paging import Page, Rows, page_asked
from yiheng.site.base.places.standing import Actor
from yiheng.site.base.refused import NotDone

_PAGE = 25
# A page that shows a running job asks again so often by itself; then the reader does, so that no session goes on alone.
_ASKED_AGAIN = 60
_LATELY = timedelta(minutes=5)
_TONES = {
    Job.State.DONE: "ended", Job.State.FAILED: "failed", Job.State.CANCELLED: "failed", Job.State.REJECTED: "failed",
}  # fmt: skip
_LONG = 2000


@dataclass(frozen=True)
class Line:
    """A job as it reads: its kind, what is asked for, how far it is in hundredths (None: unknown), what may be done."""

    job: Job
    word: Word
    about: Word | None
    tone: str
    percent: int | None
    stops: bool
    again: bool
    confirms: bool
    file_until: datetime | None
    lapses_at: datetime | None


@require_safe
def jobs_page(request: HttpRequest) -> HttpResponse:
    """The reader's jobs, the last first, an administrator's also those of the place; or those to be confirmed."""
    actor, now = actor_for(request), now_of(request)
    show = "waiting" if request.GET.get("show") == "waiting" and actions.confirms(actor, now) else ""
    jobs = actions.to_confirm(actor, now) if show else actions.looked_after(actor)
    page: Page[Job] = page_asked(Rows(jobs.select_related("person")), request.GET.get("page", ""), _PAGE)
    context = {
        "page": page, "rows": _lines(page.rows, actor, now), "kept": f"show={show}", "show": show,
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
        "line": _lines([job], actor, now)[0], "job": job, "said": said, "runs": runs,
        "reason": request.POST.get("reason", ""),
        "log": kept(job) if job.state == Job.State.RUNNING else job.log,
        "times": asked + 1 if runs and asked < _ASKED_AGAIN else None,
        "waits": job.state == Job.State.QUEUED and job.not_before <= now - _LATELY,
    }  # fmt: skip
    part = request.headers.get("HX-Target") == "job"
    status = HTTPStatus.UNPROCESSABLE_ENTITY if said else HTTPStatus.OK
    return render(request, "site/_job.html" if part else "site/job.html", context, status=status)


_VERBS: dict[str, Callable[[Actor, Job, str, datetime], None]] = {
    "cancel": lambda actor, job, _, now: actions.stop(actor, job, now),
    "again": lambda actor, job, _, now: actions.again(actor, job, now),
    "confirm": lambda actor, job, _, now: actions.confirm(actor, job, now),
    "reject": actions.reject,
}


@require_POST
def job_do(request: HttpRequest, number: int, verb: str) -> HttpResponse:
    """Cancel a job, or try it again; let another's begin, or send it back."""
    job, actor, now = _job(request, number), actor_for(request), now_of(request)
    if verb not in _VERBS:
        raise Http404
    try:
        _VERBS[verb](actor, job, request.POST.get("reason", "").replace("\x00", "")[:_LONG], now)
    except NotDone as why:
        return _shown(request, job, why.text)
    if actions.looked_after(actor).filter(pk=number).exists():
        return redirect("job", number)
    return redirect(f"{reverse('jobs')}?show=waiting")


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
    """A job that the reader looks after, or confirms; 404 for any other."""
    actor, now = actor_for(request), now_of(request)
    for jobs in (actions.looked_after(actor), actions.to_confirm(actor, now)):
        if (job := jobs.select_related("person", "confirmed_by").filter(pk=number).first()) is not None:
            return job
    raise Http404


def how_many(actor: Actor, now: datetime) -> str:
    """How many jobs wait for the actor to confirm them, as the menu says it; nothing where none does."""
    return str(actions.to_confirm(actor, now).count() or "")


def _lines(jobs: Iterable[Job], actor: Actor, now: datetime) -> list[Line]:
    """Jobs as they read."""
    given = list(jobs)
    numbers = [job.pk for job in given]
    tended = set(actions.looked_after(actor).filter(pk__in=numbers).values_list("pk", flat=True))
    waiting = set(actions.to_confirm(actor, now).filter(pk__in=numbers).values_list("pk", flat=True))
    return [_line(job, actor, job.pk in tended, job.pk in waiting, now) for job in given]


def _line(job: Job, actor: Actor, is_tended: bool, confirms: bool, now: datetime) -> Line:
    kind = known().get(job.kind)
    open_still = job.state in (Job.State.ASKED, Job.State.QUEUED, Job.State.RUNNING)
    ended_badly = job.state in (Job.State.FAILED, Job.State.CANCELLED)
    percent = 100 * min(job.done, job.total) // job.total if job.total else None
    mine = job.person_id == actor.person
    return Line(
        job,
        word=kind.word if kind else Word(job.kind, job.kind),
        about=kind.about(job.args) if kind and kind.about else None,
        tone=_TONES.get(Job.State(job.state), ""),
        percent=percent,
        stops=is_tended and open_still and not job.cancel_asked,
        again=is_tended and ended_badly and kind is not None,
        confirms=confirms,
        file_until=results.kept_until(job) if mine and results.is_there(job, now) else None,
        lapses_at=lapses_at(job) if job.state == Job.State.ASKED else None,
    )
