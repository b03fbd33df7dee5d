"""The flow of two-way referral (双向转诊流程): from consent to the family doctor's taking over."""

from datetime import date, datetime, timedelta
from typing import Any

from django.utils.timezone import localdate

from yiheng.base.words import Word
from yiheng.site.base.breakglass.terms import Breaking
from yiheng.site.base.check import asked
from yiheng.site.base.clock.span import Span, days, hours, minutes, working_days
from yiheng.site.base.document.freezing import Freeze
from yiheng.site.base.document.numbers import GiveNumber
from yiheng.site.base.flow.declare import (
    FilesAsked,
    Flow,
    Keeper,
    Limit,
    Rate,
    Shows,
    Sight,
    Took,
    section,
    state,
    step,
)
from yiheng.site.base.flow.registry import declare
from yiheng.site.base.ledger.effects import HoldIn, Release, Use
from yiheng.site.base.ledger.models import Leg
from yiheng.site.base.panel.holders import holders
from yiheng.site.base.party.party import Turn
from yiheng.site.base.places.roles import DOCTOR
from yiheng.site.base.register.reading import row_of
from yiheng.site.region.referral import policy, rules
from yiheng.site.region.referral.models import Capability, Referral
from yiheng.site.region.referral.parties import (
    CARING,
    DESK,
    DESKS,
    EMERGENCY,
    FAMILY_DOCTOR,
    IN_EMERGENCY,
    ONCE_RECEIVER,
    PATIENT,
    PLACES,
    RECEIVER,
    RECEIVER_OR_CENTRE,
    REGION_OFFICE,
    SENDER,
    SENDING,
    TREATING_DOCTOR,
)

DRAFT = state("draft", "起草", "draft")
CONSENTED = state("consented", "已知情同意", "consented")
SUBMITTED = state("submitted", "已提交", "submitted")
ACCEPTED = state("accepted", "已接收", "accepted")
SCHEDULED = state("scheduled", "已预约", "scheduled")
IN_TRANSIT = state("in_transit", "转运中", "in transit")
IN_CARE = state("in_care", "已接诊", "in care")
DISCHARGED = state("discharged", "已出院", "discharged")
COMPLETED = state("completed", "已反馈", "feedback given")
CLOSED = state("closed", "已办结", "closed", ends=True)
REJECTED = state("rejected", "已拒绝", "rejected", fails=True)
CANCELLED = state("cancelled", "已取消", "cancelled", fails=True)
EXPIRED = state("expired", "逾期未答复", "expired", fails=True)
NO_SHOW = state("noshow", "未到院", "patient did not come", fails=True)
SENT = (SUBMITTED, ACCEPTED, SCHEDULED, IN_TRANSIT, IN_CARE, DISCHARGED, COMPLETED)

_WRITTEN = (
    "direction", "urgency", "sender", "receiver", "subject", "grounds", "dangers", "escort", "team_confirmed",
    "patient", "patient_name", "phone", "diagnosis", "summary", "plan", "review_on", "red_flags", "family_doctor",
)  # fmt: skip
FROZEN = tuple(name for name in _WRITTEN if name not in ("patient_name", "phone"))
# Of those who see the item: its author and whoever treats, the desks, and whoever broke the glass.
KEEPERS = (Keeper("sender", (DOCTOR, DESK, EMERGENCY)), Keeper("receiver", (DESK, DOCTOR)))
_NEEDED = ("direction", "urgency", "sender", "receiver", "subject", "grounds", "patient", "diagnosis", "summary")
_SEAT = Release(PLACES.code)


def facts(item: Referral, now: datetime) -> rules.Facts:
    """What the rules are asked about."""
    day = localdate(now)
    dangers = policy.named("dangers", day)
    return rules.Facts(
        direction=item.direction,
        grounds=tuple(item.grounds),
        offered=policy.named(f"{item.direction}_grounds", day),
        dangers={code: dangers[code] for code in item.dangers},
        is_escorted=item.escort,
        is_confirmed=item.team_confirmed_id == item.receiver_id,
        is_elsewhere=item.sender_id != item.receiver_id,
        is_capable=row_of(Capability, day, org=item.receiver_id, subject=item.subject) is not None,
        subject=item.subject,
        plan=item.plan,
        review_on=item.review_on,
        red_flags=item.red_flags,
        has_family_doctor=item.family_doctor_id is not None,
        is_taken_over=item.taken_over,
        is_receivers_slot=item.slot is None or item.slot.place_id == item.receiver_id,
        is_slot_dated=item.slot is None or item.slot.starts_at is not None,
        is_receivers_doctor=item.treating_doctor_id is None or item.treating_doctor_id in _doctors(item, day),
        day=day,
    )


def _doctors(item: Referral, day: date) -> frozenset[int]:
    return holders((Turn(DOCTOR.code, item.receiver.path),), day)


def stay(item: Referral, now: datetime) -> rules.Stay:
    """When the referral was sent, to the minute as times are filled in, and when the patient came and went."""
    sent = _last(item, "submit")
    return rules.Stay(sent and sent.replace(second=0, microsecond=0), item.arrived_at, item.discharged_at, now)


def is_another(item: Referral, now: datetime) -> bool:  # noqa: ARG001 (the same at any time)
    """Whether the receiver is another than before."""
    return not Referral.objects.filter(pk=item.pk, receiver=item.receiver_id).exists()


def _last(item: Any, *steps: str) -> datetime | None:
    """When one of these steps was taken last."""
    found: datetime | None = item.acts.filter(step__in=steps).order_by("-pk").values_list("at", flat=True).first()
    return found


def sent_at(item: Any) -> datetime | None:
    """When it was sent to the receiver that it now has."""
    return _last(item, "submit", "redirect")


def expected_at(item: Any) -> datetime | None:
    """When the patient is to be there: the appointed time, or the departure where that was later."""
    appointed = item.slot.starts_at if item.slot else None
    return max(filter(None, (appointed, _last(item, "depart"))), default=None)


GROUNDS = asked(rules.grounds_fit, "转诊条件", "grounds", facts)
SAFE = asked(rules.safe_to_send, "转运安全", "safe to send", facts)
ELSEWHERE = asked(rules.sent_elsewhere, "接收机构", "receiver", facts)
SENT_ON = asked(rules.sent_on, "改转机构", "another receiver", is_another)
PLAN = asked(rules.plan_if_down, "下转方案", "plan for a referral downwards", facts)
CAPABLE = asked(rules.receiver_capable, "接收能力", "capability", facts)
TAKEN_OVER = asked(rules.taken_over_if_down, "家庭医生接续", "taken over", facts)
NOT_TAKEN_OVER = asked(rules.not_taken_over, "更换家庭医生", "another family doctor", facts)
OWN_SLOT = asked(rules.slot_of_receiver, "床位归属", "whose place it is", facts)
DATED_SLOT = asked(rules.slot_dated, "预约时间", "time of the place", facts)
OWN_DOCTOR = asked(rules.doctor_of_receiver, "经治医生", "treating doctor", facts)
ARRIVED = asked(rules.arrived_in_order, "到院时间", "time of arrival", stay)
IN_ORDER = asked(rules.discharged_in_order, "出院时间", "time of discharge", stay)


def answer_in(item: Any, now: datetime) -> Span:
    """How long the receiver may take to answer."""
    return minutes(policy.its().value("answer_minutes", localdate(now))[item.urgency])


def arrive_in(item: Any, now: datetime) -> Span:  # noqa: ARG001 (the same for all)
    """How long after a patient on the way was to be there until both ends are asked about the arrival."""
    return hours(policy.its().value("arrival_hours", localdate(now)))


def discharge_in(item: Any, now: datetime) -> Span:  # noqa: ARG001 (the same for all)
    """How long after the arrival until the receiver is asked whether the patient has not been discharged."""
    return days(policy.its().value("discharge_days", localdate(now)))


def feedback_in(item: Any, now: datetime) -> Span:  # noqa: ARG001 (the same for all)
    """How long after the discharge until the sender hears what came of it."""
    return working_days(policy.its().value("feedback_working_days", localdate(now)))


def unanswered(item: Any, now: datetime) -> bool:
    """Whether nobody has answered for so long that the referral ends."""
    since = item.deadlines.get(name="answer", ended_at=None).began_at
    its = policy.its()
    allowed = its.value("answer_minutes", localdate(since))[item.urgency] * its.value("expire_times", localdate(since))
    return now >= since + timedelta(minutes=allowed)


def not_come(item: Any, now: datetime) -> bool:
    """Whether the time at which the patient was to be there has long passed."""
    expected = expected_at(item)
    allowed = timedelta(hours=policy.its().value("no_show_hours", localdate(now)))
    return expected is not None and now >= expected + allowed


STEPS = (
    step("write", "起草转诊单", "write", (), DRAFT, SENDING, asks=_WRITTEN, needs=_NEEDED, checks=(ELSEWHERE,)),
    step("amend", "修改", "amend", (DRAFT, CONSENTED), DRAFT, SENDER, asks=_WRITTEN, needs=_NEEDED,
          checks=(ELSEWHERE,), side=True),
    step("consent", "登记知情同意", "record consent", (DRAFT,), CONSENTED, SENDER, asks=("consent",),
          needs=("consent",),
          files=(FilesAsked("consent", Word("知情同意书", "consent form"), tag="clinical"),)),
    step("submit", "提交", "submit", (CONSENTED,), SUBMITTED, SENDER,
          checks=(GROUNDS, CAPABLE, SAFE, PLAN), does=(Freeze("summary", FROZEN), GiveNumber())),
    step("accept", "接收", "accept", (SUBMITTED,), ACCEPTED, RECEIVER_OR_CENTRE),
    step("reject", "拒绝", "reject", (SUBMITTED,), REJECTED, RECEIVER, reason=True, side=True),
    step("redirect", "改转其他机构", "redirect", (SUBMITTED,), SUBMITTED, RECEIVER_OR_CENTRE,
          asks=("receiver", "team_confirmed"), needs=("receiver",), reason=True,
          checks=(ELSEWHERE, SENT_ON, CAPABLE, SAFE), side=True),
    step("schedule", "预约床位或号源", "schedule", (ACCEPTED,), SCHEDULED, RECEIVER, asks=("slot",), needs=("slot",),
          checks=(OWN_SLOT, DATED_SLOT), does=(HoldIn(lambda item: item.slot, lambda item: 1),)),
    step("depart", "登记转出", "depart", (SCHEDULED,), IN_TRANSIT, SENDER),
    step("arrive", "登记到院", "arrive", (IN_TRANSIT, SCHEDULED), IN_CARE, RECEIVER,
          asks=("arrived_at", "treating_doctor"), needs=("arrived_at",), checks=(ARRIVED, OWN_DOCTOR),
          does=(Use(PLACES.code, frm=Leg.HELD),)),
    step("name_treating_doctor", "指定经治医生", "name the treating doctor", (IN_CARE, DISCHARGED), None, RECEIVER,
          asks=("treating_doctor",), needs=("treating_doctor",), checks=(OWN_DOCTOR,), side=True),
    step("discharge", "登记出院", "discharge", (IN_CARE,), DISCHARGED, CARING, asks=("discharged_at",),
          needs=("discharged_at",), checks=(IN_ORDER,)),
    step("feedback", "反馈诊疗结果", "give feedback", (IN_CARE, DISCHARGED), COMPLETED, CARING,
          asks=("outcome", "feedback"), needs=("outcome", "feedback")),
    step("name_family_doctor", "指定家庭医生", "name the family doctor", SENT, None, DESKS, asks=("family_doctor",),
          needs=("family_doctor",), checks=(NOT_TAKEN_OVER,), side=True),
    step("take_over", "确认接续管理", "take over", (COMPLETED,), COMPLETED, FAMILY_DOCTOR, asks=("taken_over",),
          needs=("taken_over",)),
    step("close", "办结", "close", (COMPLETED,), CLOSED, FAMILY_DOCTOR | SENDER, checks=(TAKEN_OVER,)),
    step("cancel", "取消", "cancel", (DRAFT, CONSENTED, SUBMITTED, ACCEPTED, SCHEDULED, IN_TRANSIT), CANCELLED,
          SENDER | PATIENT, reason=True, side=True, does=(_SEAT,)),
    step("expire", "逾期失效", "expire", (SUBMITTED,), EXPIRED, when=unanswered),
    step("noshow", "未到院", "did not come", (SCHEDULED, IN_TRANSIT), NO_SHOW, when=not_come, does=(_SEAT,)),
)  # fmt: skip

CLINICAL = frozenset(("clinical",))

REFERRAL = declare(
    Flow(
        code="referral",
        word=Word("双向转诊", "two-way referral"),
        model=Referral,
        clauses=("X8", "X2", "S9", "S2"),
        policies=(policy.ID,),
        steps=STEPS,
        sights=(
            Sight(SENDER, tags=CLINICAL),
            Sight(RECEIVER_OR_CENTRE, since=SUBMITTED, tags=CLINICAL),
            Sight(FAMILY_DOCTOR, since=SUBMITTED, tags=CLINICAL),
            Sight(TREATING_DOCTOR, tags=CLINICAL),
            Sight(ONCE_RECEIVER, shows=Shows.STUB),
            Sight(PATIENT),
            Sight(IN_EMERGENCY, since=SUBMITTED, tags=CLINICAL),
            Sight(REGION_OFFICE, since=SUBMITTED, shows=Shows.COUNTS),
        ),
        limits=(
            Limit(
                "answer",
                Word("答复时限", "time to answer"),
                (SUBMITTED,),
                answer_in,
                late=(RECEIVER, RECEIVER_OR_CENTRE),
                since=sent_at,
            ),
            Limit(
                "arrival",
                Word("到院登记时限", "time to register the arrival"),
                (IN_TRANSIT,),
                arrive_in,
                late=(SENDER | RECEIVER, RECEIVER_OR_CENTRE),
                since=expected_at,
            ),
            Limit(
                "discharge",
                Word("出院登记时限", "time to register the discharge"),
                (IN_CARE,),
                discharge_in,
                late=(CARING, REGION_OFFICE),
                since=lambda item: item.arrived_at,
            ),
            Limit(
                "feedback",
                Word("反馈时限", "time for feedback"),
                (DISCHARGED,),
                feedback_in,
                late=(CARING, REGION_OFFICE),
                since=lambda item: item.discharged_at,
            ),
        ),
        tagged={
            "clinical": (
                "patient_name",
                "phone",
                "patient",
                "diagnosis",
                "summary",
                "plan",
                "red_flags",
                "consent",
                "grounds",
                "dangers",
                "feedback",
                "outcome",
            )  # fmt: skip
        },
        sealed=dict.fromkeys(("patient_name", "phone"), KEEPERS),
        stub=("number", "state", "direction", "receiver"),
        listed=("number", "state", "direction", "urgency", "sender", "receiver", "diagnosis", "made_at"),
        searched=("number", "diagnosis"),
        glass=Breaking(policy.glass_terms, ("number", "patient")),
        pseudonyms=("patient",),
        counted_by="receiver",
        counted_too=("direction",),
        least_count=lambda now: policy.its().value("least_count", localdate(now)),
        urge_every=lambda now: timedelta(minutes=policy.its().value("urge_minutes", localdate(now))),
        rates=(
            Rate(Word("接收率", "accepted"), (ACCEPTED,), (SUBMITTED,)),
            Rate(Word("改转率", "redirected"), ("redirect",), (SUBMITTED,)),
            Rate(Word("逾期未答复", "expired"), (EXPIRED,), (SUBMITTED,)),
            Rate(Word("未到院", "did not come"), (NO_SHOW,), (SCHEDULED,)),
            Rate(Word("反馈率", "feedback given"), (COMPLETED,), (IN_CARE,)),
        ),
        took=(
            Took(Word("提交至接收", "submitted to accepted"), SUBMITTED, ACCEPTED),
            Took(Word("接诊至反馈", "in care to feedback"), IN_CARE, COMPLETED),
        ),
        sections=(
            section("转诊", "Referral", "direction", "urgency", "sender", "receiver", "subject", "family_doctor"),
            section(
                "患者与病情",
                "Patient",
                "patient",
                "patient_name",
                "phone",
                "diagnosis",
                "summary",
                "grounds",
                "consent",
            ),
            section("安全", "Safety", "dangers", "escort", "team_confirmed"),
            section("下转方案", "Plan (down)", "plan", "review_on", "red_flags"),
            section(
                "接诊与反馈",
                "Care and feedback",
                "slot",
                "arrived_at",
                "treating_doctor",
                "discharged_at",
                "outcome",
                "feedback",
                "taken_over",
            ),
        ),
        series=lambda item: f"referral-{item.sender.code}-{localdate(item.made_at).year}",
        number=lambda item, place: f"转{item.sender.code}{localdate(item.made_at).year}{place:06}",
    )
)
