"""The rules of referral (转诊规则): pure; each says what it objects to and on what evidence."""

from dataclasses import dataclass
from datetime import date, datetime

from yiheng.base.words import Word
from yiheng.site.base.check import Evidence, Said

_SOURCE = "policy/referral/regional"


@dataclass(frozen=True)
class Facts:
    """What the rules are asked about: the referral as it was filled in, and the lists in force."""

    direction: str
    grounds: tuple[str, ...]
    offered: dict[str, tuple[str, str]]
    dangers: dict[str, tuple[str, str]]
    is_escorted: bool
    is_confirmed: bool
    is_elsewhere: bool
    is_capable: bool
    subject: str
    plan: str
    review_on: date | None
    red_flags: str
    has_family_doctor: bool
    is_taken_over: bool
    is_receivers_slot: bool
    is_slot_dated: bool
    is_receivers_doctor: bool
    day: date


@dataclass(frozen=True)
class Stay:
    """When the referral was sent, and the patient came and went, as filled in; the moment at which it is asked."""

    sent: datetime | None
    arrived: datetime | None
    discharged: datetime | None
    now: datetime


def grounds_fit(facts: Facts) -> Said | None:
    """At least one ground of the referral's own direction, and none of the other (转诊条件)."""
    wrong = [code for code in facts.grounds if code not in facts.offered]
    if facts.grounds and not wrong:
        return None
    evidence = Evidence(Word("转诊条件", "grounds"), "|".join(facts.grounds), f"{_SOURCE}: {facts.direction}_grounds")
    return Said(Word("所选条件不适用于该转诊方向", "the grounds are not those of this direction"), (evidence,))


def safe_to_send(facts: Facts) -> Said | None:
    """Nobody in danger is sent unless the receiving team has confirmed and an escort goes along (不得直接转诊)."""
    if not facts.dangers or (facts.is_escorted and facts.is_confirmed):
        return None
    names = Word("、".join(zh for zh, _ in facts.dangers.values()), ", ".join(en for _, en in facts.dangers.values()))
    text = Word(
        f"{names.zh}：须接收团队确认并有医务人员护送", f"{names.en}: only with the team's confirmation and an escort"
    )
    return Said(text, (Evidence(Word("危险情形", "dangers"), "|".join(facts.dangers), f"{_SOURCE}: dangers"),))


def sent_elsewhere(facts: Facts) -> Said | None:
    """Sender and receiver are two institutions."""
    return None if facts.is_elsewhere else Said(Word("接收机构不能是转出机构", "the receiver is the sender itself"))


def sent_on(is_another: bool) -> Said | None:
    """Whoever redirects names another receiver: the time to answer begins anew (改转其他机构)."""
    return None if is_another else Said(Word("改转须选择另一机构", "a redirect is to another institution"))


def receiver_capable(facts: Facts) -> Said | None:
    """The receiver is registered for the subject on the day (接收机构能力)."""
    if facts.is_capable:
        return None
    text = Word("接收机构未登记该诊疗科目", "the receiver is not registered for this subject")
    return Said(text, (Evidence(Word("诊疗科目", "subject"), facts.subject, "register: referral.Capability"),))


def plan_if_down(facts: Facts) -> Said | None:
    """Downwards nobody goes without a plan, a day of review, when to come back and a family doctor (下转须有方案)."""
    if facts.direction != "down":
        return None
    lacking = [
        Word(zh, en)
        for zh, en, its in (
            ("后续治疗方案", "a plan", facts.plan.strip()),
            ("复诊日期", "a day of review", facts.review_on),
            ("须返院的情形", "when to come back", facts.red_flags.strip()),
            ("家庭医生", "a family doctor", facts.has_family_doctor),
        )
        if not its
    ]
    if lacking:
        zh, en = "、".join(each.zh for each in lacking), ", ".join(each.en for each in lacking)
        return Said(Word(f"下转须填写：{zh}", f"a referral downwards needs {en}"))
    if facts.review_on is not None and facts.review_on < facts.day:
        return Said(Word("复诊日期已过", "the day of review has passed"))
    return None


def taken_over_if_down(facts: Facts) -> Said | None:
    """Downwards it closes when the family doctor has taken over (家庭医生接续)."""
    if facts.direction != "down" or facts.is_taken_over:
        return None
    return Said(Word("家庭医生尚未确认接续管理", "the family doctor has not taken over yet"))


def not_taken_over(facts: Facts) -> Said | None:
    """Once a family doctor has taken over, no other is named (家庭医生已接续)."""
    if not facts.is_taken_over:
        return None
    return Said(Word("家庭医生已接续管理，不再更换", "the family doctor has taken over and is not changed any more"))


def slot_of_receiver(facts: Facts) -> Said | None:
    """The place that is held is one of the receiver's own (本机构的床位或号源)."""
    return (
        None
        if facts.is_receivers_slot
        else Said(Word("所选床位或号源不属于接收机构", "the place is not the receiver's"))
    )


def slot_dated(facts: Facts) -> Said | None:
    """The place that is held has a time, from which it is known that the patient did not come (预约时间)."""
    return None if facts.is_slot_dated else Said(Word("所选床位或号源没有时间", "the place has no time"))


def doctor_of_receiver(facts: Facts) -> Said | None:
    """Whoever treats the patient is a doctor of the receiver (经治医生)."""
    if facts.is_receivers_doctor:
        return None
    return Said(Word("经治医生须为接收机构的医师", "the treating doctor is a doctor of the receiver"))


def arrived_in_order(stay: Stay) -> Said | None:
    """Nobody arrives before being referred, or later than now: the time for the discharge counts from it (到院时间)."""
    if stay.arrived is not None and (stay.sent or stay.arrived) <= stay.arrived <= stay.now:
        return None
    return Said(Word("到院时间须在提交之后、不晚于现在", "the arrival is after the submission and not later than now"))


def discharged_in_order(stay: Stay) -> Said | None:
    """Nobody is discharged before arriving, or later than now: the time for feedback counts from it (出院时间)."""
    if stay.discharged is not None and (stay.arrived or stay.discharged) <= stay.discharged <= stay.now:
        return None
    return Said(Word("出院时间须在到院之后、不晚于现在", "the discharge is after the arrival and not later than now"))
