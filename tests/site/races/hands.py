"""Other rooms at the same moment (其他并发): a matter's duties and sums; jobs, minutes, posts, files, audit."""

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, datetime, timedelta
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from county import County, make_county
from hospital import Hospital, make_hospital
from scenes import Scene
from site_small.jobkinds import EFFECT
from town import NOW, make_person

from yiheng.site.base.audit.models import Head
from yiheng.site.base.audit.verify import verify
from yiheng.site.base.document.models import Series
from yiheng.site.base.files.models import File
from yiheng.site.base.flow import act as acting
from yiheng.site.base.flow.act import Asked, act
from yiheng.site.base.flow.declare import Flow
from yiheng.site.base.flow.models import Act, Item
from yiheng.site.base.flow.registry import flow_of
from yiheng.site.base.jobs import minutely, queue
from yiheng.site.base.jobs.models import Job, Pulse
from yiheng.site.base.ledger.reading import prove
from yiheng.site.base.places.models import Post
from yiheng.site.base.places.standing import actor_of
from yiheng.site.base.posts import actions as posts
from yiheng.site.base.posts import lending
from yiheng.site.base.refused import NotDone
from yiheng.site.management.procurement.models import Refund

_MOMENT = 0.3
_JOBS, _WORKERS = 3, 6
_LATER = NOW + timedelta(days=1)


def one_matter_many_hands() -> Scene:
    """One person checks a payment and applies for the next; another asks 300 back twice of a payment of 500 yuan."""
    hospital = make_hospital()
    hospital.people["both"] = make_person("both", ("purchasing", hospital.org), ("finance", hospital.org))
    hospital.people["second"] = make_person("second", ("purchasing", hospital.org))
    bought = _bought(hospital)
    paid, waiting = (_payment(hospital, bought, yuan) for yuan in ("500.00", "100.00"))
    hospital.act("accounts", "check", paid, flow="payment")
    hospital.act("cashier", "pay", paid, flow="payment")
    seen = Item.objects.get(pk=waiting.pk).version
    asks = [
        ("both", Asked("payment", "check", uuid4(), waiting.pk, seen=seen)),
        ("both", _begin(hospital, "payment", bought, "both", "invoice", amount="100.00", invoice="9")),
        *(("second", _begin(hospital, "refund", paid, "second", "grounds", amount="300.00")) for _ in range(2)),
    ]

    def after() -> dict[str, Any]:
        return {"refunds": Refund.objects.count(), "unproven": len(prove("budget"))}

    return Scene(4, lambda number: _asked(hospital, *asks[number]), after)


def one_payment_two_ways() -> Scene:
    """Two of the finance office record that a transfer came back while its money is asked back."""
    hospital = make_hospital()
    hospital.people["second"] = make_person("second", ("finance", hospital.org))
    paid = hospital.paid("500.00")
    seen = Item.objects.get(pk=paid.pk).version
    back = {"bounce_slip": "退1"}

    def bounce(who: str) -> tuple[str, Asked]:
        files = hospital.file(who, "bounce_notice")
        return who, Asked("payment", "bounce", uuid4(), paid.pk, None, seen, back, "账号有误", files)

    asks = [
        *(bounce(who) for who in ("accounts", "second")),
        ("buyer", _begin(hospital, "refund", paid, "buyer", "grounds", amount="300.00")),
    ]

    def after() -> dict[str, Any]:
        return {"refunds": Refund.objects.count(), "used": hospital.legs()[2], "unproven": len(prove("budget"))}

    return Scene(3, lambda number: _asked(hospital, *asks[number]), after)


def _bought(hospital: Hospital) -> Item:
    """A purchase that was accepted, under a contract of 890 yuan."""
    item = hospital.ask()
    hospital.awarded(item)
    contract = {"contract_number": "1", "contract_amount": "890.00", "deliver_on": "2026-04-01"}
    hospital.act("buyer", "contract", item, files=hospital.file("buyer", "contract"), **contract)
    accepted = {"accepted_quantity": "2", "accepted_amount": "890.00", "location": "库房"}
    hospital.act("taker", "accept", item, files=hospital.file("taker", "acceptance"), **accepted)
    return item


def _payment(hospital: Hospital, bought: Item, yuan: str) -> Item:
    bill = hospital.file("second", "invoice")
    return hospital.act("second", "apply", flow="payment", parent=bought, files=bill, amount=yuan, invoice="1").item


def _begin(hospital: Hospital, flow: str, parent: Item, who: str, purpose: str, **data: str) -> Asked:
    files = hospital.file(who, purpose)
    return Asked(flow, "apply", uuid4(), None, parent.pk, None, data, "退货", files)


def _asked(at: Hospital | County, who: str, asked: Asked) -> str:
    return _told(lambda: f"act {act(at.actor(who), asked, at.now).pk}")


def each_room_its_own() -> Scene:
    """Six workers and three jobs; four of them and one minute; two posts that are apart; one file for two items; and
    four beginnings, all of which write the one chain of the audit."""
    county = make_county()
    city = county.city_hospital.parent
    for number in range(_JOBS):
        queue.put(EFFECT, {"name": str(number)}, str(number), None, NOW)
    one, two, taker = (make_person(name) for name in ("one", "two", "taker"))
    for person in (one, two):
        Post.objects.create(person=person, role="administrator", place=city, start=date(2025, 1, 1))
    drafts, file = [county.written(patient=f"p-{number}") for number in range(2)], county.consent()
    consents = [county.asked("consent", item, files=file, consent="患者本人") for item in drafts]
    letters = [_letter() for _ in range(4)]

    def grant(person: int, role: str) -> str:
        posts.grant(actor_of(person, NOW.date()), taker, role, city, _LATER.date(), None, NOW)
        return "granted"

    asks: list[Callable[[], str]] = [
        *([_job] * _WORKERS),
        *([_minute] * 4),
        lambda: grant(one.pk, "auditor"),
        lambda: grant(two.pk, "security"),
        *(lambda asked=asked: _asked(county, "doc", asked) for asked in (*consents, *letters)),  # type: ignore[misc]
    ]
    return Scene(len(asks), lambda number: _told(asks[number]), lambda: {"audit": [each.code for each in verify()]})


def four_letters() -> Scene:
    """Four errands are begun at once, nothing else."""
    county = make_county()
    letters = [_letter() for _ in range(4)]
    return Scene(4, lambda number: _asked(county, "doc", letters[number]), lambda: {"acts": Act.objects.count()})


def _letter() -> Asked:
    """An errand that is to be begun."""
    data = {"sender": "S", "receiver": "B", "subject": "血样", "amount": "90"}
    return Asked("errand", "begin", uuid4(), data=data)


def _job() -> str:
    found = queue.claim(NOW)
    return f"job {found.pk}" if found else "no job"


def _minute() -> str:
    return "minute" if minutely._claimed("race", NOW) else "no minute"


def _told(does: Callable[[], str]) -> str:
    try:
        return does()
    except NotDone as told:
        return told.code


SCENES = {
    each.__name__: each for each in (one_matter_many_hands, one_payment_two_ways, each_room_its_own, four_letters)
}


# Guards taken out: what was asked is done a moment later, without asking again


@contextmanager
def _no_matter() -> Iterator[None]:
    """An item is judged without its matter being held."""

    def plainly(number: int) -> tuple[Flow, Item]:
        flow = flow_of(*Item.objects.values_list("flow", "definition").get(pk=number))
        return flow, flow.model.objects.get(pk=number)

    asks = acting._ask_checks

    def slowly(its: acting.Acting) -> None:
        asks(its)
        time.sleep(_MOMENT)

    with patch.object(acting, "lock", plainly), patch.object(acting, "_ask_checks", slowly):
        yield


@contextmanager
def _no_second_look() -> Iterator[None]:
    """Jobs, minutes, people and files are taken as they were seen a moment ago."""

    def claim(now: datetime) -> Job | None:
        job = Job.objects.filter(state=Job.State.QUEUED, not_before__lte=now).order_by("pk").first()
        time.sleep(_MOMENT)
        Job.objects.filter(pk=job and job.pk).update(state=Job.State.RUNNING)
        return job

    def claimed(name: str, minute: datetime) -> bool:
        free = not Pulse.objects.filter(name=name, began_at__gte=minute).exists()
        time.sleep(_MOMENT)
        Pulse.objects.update_or_create(name=name, defaults={"began_at": minute})
        return free

    def take(its: Act, files: Collection[File]) -> None:
        time.sleep(_MOMENT)
        File.objects.filter(pk__in=[file.pk for file in files]).update(act=its, item_id=its.item_id)

    asks = posts.demand_apart

    def slowly(*given: Any) -> None:
        asks(*given)
        time.sleep(_MOMENT)

    with ExitStack() as out:
        for where, name, other in (
            (queue, "claim", claim),
            (minutely, "_claimed", claimed),
            (acting, "take", take),
            *((where, "lock_people", lambda *people: None) for where in (posts, lending)),
            *((where, "demand_apart", slowly) for where in (posts, lending)),
        ):
            out.enter_context(patch.object(where, name, other))
        yield


def _no_head() -> Any:
    """The chain's last entry is read without being held."""
    return patch("yiheng.site.base.audit.chain._locked", lambda: Head.objects.get(pk=Head.ONLY))


def _no_series() -> Any:
    """A number is read, and the next written a moment later."""

    def read_then_written(name: str) -> int:
        last = Series.objects.filter(name=name).values_list("last", flat=True).first() or 0
        time.sleep(_MOMENT)
        Series.objects.update_or_create(name=name, defaults={"last": last + 1})
        return last + 1

    return patch("cells.next_in", read_then_written)


GUARDS: dict[str, Callable[[], Any]] = {
    "matter": _no_matter,
    "second_look": _no_second_look,
    "head": _no_head,
    "series": _no_series,
}
