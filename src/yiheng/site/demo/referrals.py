"""Referrals of the demo (演示转诊): some in every state, a few overdue, the latest of them still running."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.utils.timezone import localdate, localtime, make_aware

from yiheng.site.base.ledger.limits import open_cell
from yiheng.site.base.ledger.models import Cell
from yiheng.site.base.places.models import Place
from yiheng.site.base.places.roles import DOCTOR
from yiheng.site.base.register.changing import Proposed, feed
from yiheng.site.demo.stage import Beat, Stage, Story, backwards
from yiheng.site.region.referral import policy
from yiheng.site.region.referral.models import Capability
from yiheng.site.region.referral.parties import CENTRE, DESK, PLACES

_FEED = "licences"
_PLACES_A_DAY = 12
_SLOT_AT = time(9)
# So many of the hospitals that lead a group take patients from the others; two upwards for one downwards.
_HIGH, _UP = 3, 2 / 3
_REVIEW_IN = timedelta(days=14)


@dataclass(frozen=True)
class Fate:
    """What becomes of some referrals: their steps, and how many hours ago the last was, at least and at most."""

    number: int
    steps: tuple[str, ...]
    least: float
    most: float
    urgency: str = ""


_SENT = ("write", "consent", "submit")
_TAKEN = (*_SENT, "accept", "schedule")
_THERE = (*_TAKEN, "depart", "arrive")
_OUT = (*_THERE, "discharge")
_BACK = (*_OUT, "feedback")
_DAYS = 24
FATES = (
    Fate(3, ("write",), 1, 3 * _DAYS),
    Fate(2, ("write", "consent"), 1, 20),
    Fate(4, _SENT, 1, 20, "routine"),
    Fate(2, _SENT, 26, 44, "routine"),
    Fate(4, (*_SENT, "accept"), 1, 30),
    Fate(2, (*_SENT, "redirect", "accept"), 1, 40),
    Fate(4, _TAKEN, 1, 12),
    Fate(3, (*_TAKEN, "depart"), 1, 5),
    Fate(4, _THERE, 2, 30),
    Fate(3, _OUT, 9 * _DAYS, 12 * _DAYS),
    Fate(3, _BACK, _DAYS, 4 * _DAYS),
    Fate(14, (*_BACK, "take_over", "close"), 2 * _DAYS, 55 * _DAYS),
    Fate(3, (*_SENT, "reject"), _DAYS, 40 * _DAYS),
    Fate(3, (*_TAKEN, "cancel"), _DAYS, 40 * _DAYS),
    Fate(3, _SENT, 4 * _DAYS, 30 * _DAYS, "routine"),
    Fate(3, _TAKEN, 5 * _DAYS, 20 * _DAYS),
)

# Hours between a step and the one before it, at least and at most; an answer to an urgent one comes sooner.
_HOURS = {
    "write": (0.0, 0.0), "consent": (0.2, 1.0), "submit": (0.1, 0.5), "accept": (0.5, 18.0), "redirect": (0.3, 1.5),
    "reject": (0.5, 12.0), "schedule": (0.2, 2.0), "depart": (1.0, 6.0), "arrive": (1.0, 3.0),
    "discharge": (20.0, 50.0), "feedback": (2.0, 20.0), "take_over": (2.0, 30.0), "close": (0.5, 8.0),
    "cancel": (1.0, 5.0),
}  # fmt: skip
_ANSWERS = ("accept", "redirect", "reject")
_SOONER = {"emergency": (0.05, 0.15), "urgent": (0.2, 1.8)}


def stories(stage: Stage, now: datetime) -> Iterator[Story]:
    """All referrals of the demo."""
    for fate in FATES:
        for _ in range(fate.number):
            yield _story(stage, fate, now)


def prepare(stage: Stage) -> None:
    """What each hospital is registered to treat, as the bureau's register says."""
    day, hospitals = localdate(stage.now), stage.region.hospitals
    known = policy.named("subjects", day)
    rows = [
        Proposed(day, "执业许可证（虚构）", {"org": hospitals[code], "subject": subject})
        for code, subjects in stage.region.subjects.items()
        for subject in subjects
        if subject in known
    ]
    feed(Capability, _FEED, rows, stage.now)


def _story(stage: Stage, fate: Fate, now: datetime) -> Story:
    chance = stage.chance
    urgency = fate.urgency or chance.choice(("emergency", "urgent", "urgent", "routine"))
    told = _way(stage) | {"urgency": urgency}
    steps = [step for step in fate.steps if step != "take_over" or told["direction"] == "down"]
    beats = [(timedelta(hours=chance.uniform(*_hours(step, urgency))), _BEATS[step]) for step in steps]
    end = now - timedelta(hours=chance.uniform(fate.least, fate.most))
    return Story(backwards(end, beats, office=False), told=told)


def _hours(step: str, urgency: str) -> tuple[float, float]:
    return _SOONER.get(urgency, _HOURS[step]) if step in _ANSWERS else _HOURS[step]


def _way(stage: Stage) -> dict[str, Any]:
    """Who sends whom where, for what that all who could take it are registered for."""
    region, chance = stage.region, stage.chance
    common = set.intersection(*(set(region.subjects[code]) for code in region.leads[:_HIGH]))
    small = [code for code, its in region.subjects.items() if code != region.leads[0] and common.intersection(its)]
    low = region.hospitals[chance.choice(small)]
    high = region.hospitals[region.leads[0] if low.code in region.leads else chance.choice(region.leads[:_HIGH])]
    return {
        "direction": "up" if chance.random() < _UP else "down",
        "low": low,
        "high": high,
        "dx": chance.choice(region.diagnoses),
        "subject": chance.choice(sorted(common.intersection(region.subjects[low.code]))),
    }


def _ends(story: Story) -> tuple[Place, Place]:
    """The sender and the first receiver."""
    low, high = story.told["low"], story.told["high"]
    return (low, high) if story.told["direction"] == "up" else (high, low)


def _write(stage: Stage, story: Story) -> None:
    (sender, receiver), told = _ends(story), story.told
    stage.patients += 1
    offered = sorted(policy.named(f"{told['direction']}_grounds", localdate(stage.now)))
    code, name = told["dx"]
    told["doctor"] = stage.somebody(DOCTOR.code, sender)
    data = {
        "direction": told["direction"],
        "urgency": told["urgency"],
        "sender": sender.code,
        "receiver": receiver.code,
        "subject": told["subject"],
        "grounds": [stage.chance.choice(offered)],
        "dangers": [],
        "patient": f"演示患者{stage.patients:03}",
        "diagnosis": code,
        "summary": f"{name}，已予检查和对症处理（虚构病例）",
        "family_doctor": stage.cast.of(DOCTOR.code, told["low"]).username,
    } | (_plan(stage) if told["direction"] == "down" else {})
    story.item = stage.act(told["doctor"], "write", flow="referral", **data)


def _plan(stage: Stage) -> dict[str, str]:
    review = localdate(stage.now) + _REVIEW_IN
    return {"plan": "按方案口服药物，每周随访", "review_on": str(review), "red_flags": "发热、胸痛或症状加重"}


def _consent(stage: Stage, story: Story) -> None:
    doctor = story.told["doctor"]
    stage.act(doctor, "consent", story.item, files=stage.paper(doctor, "consent"), consent="患者本人")


def _redirect(stage: Stage, story: Story) -> None:
    leads = stage.region.leads[:_HIGH]
    other = next(stage.region.hospitals[code] for code in leads if code not in {place.code for place in _ends(story)})
    centre = stage.cast.of(CENTRE.code, stage.region.city)
    stage.act(centre, "redirect", story.item, reason="床位不足", receiver=other.code)
    story.told["redirected"] = other


def _schedule(stage: Stage, story: Story) -> None:
    receiver = _receiver(story)
    stage.act(stage.somebody(DESK.code, receiver), "schedule", story.item, slot=str(slot(stage, receiver).pk))


def slot(stage: Stage, receiver: Place) -> Cell:
    """The hospital's places for the referred tomorrow; opened when they are first asked for."""
    day = localdate(stage.now) + timedelta(days=1)
    key = f"{receiver.code}|{day}"
    if key not in stage.kept:
        begins = make_aware(datetime.combine(day, _SLOT_AT))
        name = f"{receiver.name} 转诊床位 {day}"
        stage.kept[key] = open_cell(PLACES, key, name, stage.now, _PLACES_A_DAY, receiver, starts_at=begins).pk
    return Cell.objects.get(pk=stage.kept[key])


def _receiver(story: Story) -> Place:
    found: Place = story.told.get("redirected", _ends(story)[1])
    return found


def _by_sender(step: str, reason: str = "") -> Beat:
    return lambda stage, story: _took(stage, story, story.told["doctor"], step, reason)


def _by_desk(step: str, reason: str = "") -> Beat:
    return lambda stage, story: _took(stage, story, stage.somebody(DESK.code, _receiver(story)), step, reason)


def _took(stage: Stage, story: Story, who: Any, step: str, reason: str) -> None:
    stage.act(who, step, story.item, reason=reason)


def _arrive(stage: Stage, story: Story) -> None:
    receiver = _receiver(story)
    desk, doctor = stage.somebody(DESK.code, receiver), stage.cast.of(DOCTOR.code, receiver)
    came = f"{localtime(stage.now):%Y-%m-%d %H:%M}"
    stage.act(desk, "arrive", story.item, arrived_at=came, treating_doctor=doctor.username)


def _discharge(stage: Stage, story: Story) -> None:
    desk = stage.somebody(DESK.code, _receiver(story))
    stage.act(desk, "discharge", story.item, discharged_at=f"{localtime(stage.now):%Y-%m-%d %H:%M}")


def _feedback(stage: Stage, story: Story) -> None:
    doctor = stage.cast.of(DOCTOR.code, _receiver(story))
    outcome = stage.chance.choice(("recovered", "recovered", "sent_back", "other"))
    stage.act(doctor, "feedback", story.item, outcome=outcome, feedback="治疗顺利，按医嘱随访（虚构病例）")


def _take_over(stage: Stage, story: Story) -> None:
    stage.act(stage.cast.of(DOCTOR.code, story.told["low"]), "take_over", story.item, taken_over="on")


_BEATS: dict[str, Beat] = {
    "write": _write,
    "consent": _consent,
    "submit": _by_sender("submit"),
    "accept": _by_desk("accept"),
    "redirect": _redirect,
    "reject": _by_desk("reject", "不符合转诊条件"),
    "schedule": _schedule,
    "depart": _by_sender("depart"),
    "arrive": _arrive,
    "discharge": _discharge,
    "feedback": _feedback,
    "take_over": _take_over,
    "close": _by_sender("close"),
    "cancel": _by_sender("cancel", "患者改变主意"),
}
