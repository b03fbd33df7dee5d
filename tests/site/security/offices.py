"""Cells of break-glass, jobs and tokens (紧急查阅、作业、令牌的单元格): who may by the declarations, and no other."""

from collections.abc import Callable, Iterator
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from yiheng.site.base.accounts.models import Person
from yiheng.site.base.breakglass.models import Glass
from yiheng.site.base.flow.models import Item
from yiheng.site.base.jobs.models import Job
from yiheng.site.base.places.models import Place

from .cells import FOUND, MISSING, NO_ITEM, OK, UNFIT, Cell
from .promised import Somebody

# Who breaks glass in the flows that there are, and who reviews it.
BREAK, REVIEW = {"doctor", "emergency_doctor"}, {"auditor", "security"}
NAMES = {
    "glass", "glass_close", "glass_reviews", "glass_review", "jobs", "jobs_publish", "job", "job_do", "job_file",
    "tokens", "token_end", "export_later",
}  # fmt: skip


def office_cells(items: dict[str, Item]) -> Iterator[Cell]:
    """An opening that has ended, a job to be confirmed, both of the own side's doctor; tokens; exports by a job."""
    doctor = Person.objects.get(username="doctor.own")
    place = doctor.posts.get().place
    glass, job = _glass(doctor, place, items["referral"]), _job(doctor, place)
    yield from _of_glass(doctor, place, glass)
    yield from _of_job(doctor, place, job)
    twice = set(settings.YIHENG_SECOND_FACTOR)
    yield Cell("tokens", "GET", "/tokens/", lambda who: FOUND if who.roles & twice else OK)
    yield Cell("tokens", "POST", "/tokens/", lambda who: FOUND if who.roles & twice else UNFIT)
    yield Cell("token_end", "POST", f"/tokens/{NO_ITEM}/end/", _nobody)
    for method, status in (("GET", OK), ("POST", FOUND)):  # the rows are those of the list, which has cells of its own
        yield Cell("export_later", method, "/flows/referral/export.csv/later/", _if(lambda who: True, status))
    yield Cell("export_later", "POST", "/flows/nothing/export.csv/later/", _nobody)


def _of_glass(doctor: Person, place: Place, glass: Glass) -> Iterator[Cell]:
    here = f"/glass/reviews/{glass.pk}/"
    breaks, reviews = _if(lambda who: bool(who.roles & BREAK)), _if(lambda who: bool(who.roles & REVIEW))
    yield Cell("glass", "GET", "/glass/", breaks)
    yield Cell("glass", "POST", "/glass/", _if(lambda who: bool(who.roles & BREAK), UNFIT))
    yield Cell("glass_reviews", "GET", "/glass/reviews/", reviews)
    its = _over(REVIEW, place)
    yield Cell("glass_review", "GET", here, _if(its))
    yield Cell("glass_review", "POST", here, _if(its, UNFIT))
    yield Cell("glass_review", "POST", here, _if(its, FOUND), {"verdict": "right", "comment": "属实"})
    yield Cell("glass_review", "GET", f"/glass/reviews/{NO_ITEM}/", _nobody)
    yield Cell("glass_close", "POST", f"/glass/{glass.pk}/close/", _if(lambda who: who.person == doctor.pk, FOUND))


def _of_job(doctor: Person, place: Place, job: Job) -> Iterator[Cell]:
    runs = _over({"administrator"}, place)
    here = f"/jobs/{job.pk}/"
    after: Callable[[Somebody], bool] = lambda who: who.person == doctor.pk or runs(who)  # noqa: E731 (one of several)
    yield Cell("jobs", "GET", "/jobs/", _if(lambda who: True))
    yield Cell("jobs_publish", "POST", "/jobs/publish/", _nobody)  # nobody here runs the whole region
    yield Cell("job", "GET", f"/jobs/{NO_ITEM}/", _nobody)
    yield Cell("job_file", "GET", f"{here}file/", _nobody)  # it has made none
    second = _over({"security"}, place)
    sees: Callable[[Somebody], bool] = lambda who: after(who) or second(who)  # noqa: E731 (one of several)
    yield Cell("job", "GET", here, _if(sees))
    for verb, may in {"cancel": after, "again": _none, "confirm": second, "reject": _none}.items():
        yield Cell("job_do", "POST", f"{here}do/{verb}/", _told(may, sees))
    yield Cell("job_do", "POST", f"{here}do/nothing/", _nobody)


def _over(roles: set[str], place: Place) -> Callable[[Somebody], bool]:
    """Whoever holds one of the roles at a place or at one that it lies in."""
    around = {each.pk for each in Place.objects.all() if place.path.startswith(each.path)}
    return lambda who: any(role in roles and at in around for role, at in who.posts)


def _if(may: Callable[[Somebody], bool], status: int = OK) -> Callable[[Somebody], int]:
    return lambda who: status if may(who) else MISSING


def _told(may: Callable[[Somebody], bool], sees: Callable[[Somebody], bool]) -> Callable[[Somebody], int]:
    """Done, refused to whoever sees it, and not there for anybody else."""
    return lambda who: FOUND if may(who) else UNFIT if sees(who) else MISSING


def _none(who: Somebody) -> bool:  # noqa: ARG001
    return False


def _nobody(who: Somebody) -> int:  # noqa: ARG001
    return MISSING


def _glass(doctor: Person, place: Place, item: Item) -> Glass:
    ended = timezone.now() - timedelta(hours=1)
    return Glass.objects.create(
        person=doctor, item_id=item.pk, path=place.path, reason="抢救需要查看病情", reviewers=" auditor security ",
        opened_at=ended - timedelta(hours=1), ends_at=ended, review_by=ended + timedelta(days=3),
    )  # fmt: skip


def _job(doctor: Person, place: Place) -> Job:
    now = timezone.now()
    args = {"flow": "referral", "wanted": {"state": "", "q": "", "sort": ""}, "rows": 6_000, "reason": "年度核对"}
    return Job.objects.create(
        kind="list.export", args=args, state="asked", key="matrix", person=doctor, path=place.path, made_at=now,
        not_before=now,
    )  # fmt: skip
