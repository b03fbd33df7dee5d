"""The flow of remote consultation (远程会诊流程): asked for, taken on, held, written, signed, delivered, rated."""

from datetime import datetime
from typing import Any

from django.utils.timezone import localdate

from yiheng.base.words import Word
from yiheng.policy.loader import scheme
from yiheng.site.base.check import asked
from yiheng.site.base.clock.span import minutes
from yiheng.site.base.document.freezing import Freeze
from yiheng.site.base.document.numbers import GiveNumber
from yiheng.site.base.document.signing import Sign
from yiheng.site.base.flow.declare import Flow, Limit, Shows, Sight, state, step
from yiheng.site.base.flow.registry import declare
from yiheng.site.base.panel.holders import holders
from yiheng.site.base.party import PersonIn, RoleAt, RoleOver
from yiheng.site.base.party.party import Turn
from yiheng.site.base.places.roles import COMMISSION, DOCTOR
from yiheng.site.base.register.reading import row_of
from yiheng.site.region.telemedicine import rules
from yiheng.site.region.telemedicine.models import DESK, Agreement, Consultation

POLICY = "telemedicine/limits"
ASKER, INVITEE, EXPERT = RoleAt(DOCTOR, "inviter"), RoleAt(DESK, "invitee"), PersonIn("expert")

DRAFT = state("draft", "起草", "draft")
APPLIED = state("applied", "已申请", "applied")
ASSIGNED = state("assigned", "已派专家", "expert assigned")
SCHEDULED = state("scheduled", "已排期", "scheduled")
IN_SESSION = state("in_session", "会诊中", "in session")
WRITTEN = state("opinion_draft", "意见待签", "opinion to be signed")
SIGNED = state("signed", "已签发", "signed")
ARCHIVED = state("archived", "已归档", "archived", ends=True)
CANCELLED = state("cancelled", "已取消", "cancelled", ends=True)


def facts(item: Any, now: datetime) -> rules.Facts:
    """What the rules are asked about."""
    day = localdate(now)
    key = {"inviter": item.inviter_id, "invitee": item.invitee_id, "kind": item.kind}
    doctors = holders((Turn(DOCTOR.code, item.invitee.path),), day)
    agreed = row_of(Agreement, day, **key) is not None
    return rules.Facts(agreed, item.consent, item.inviter_id != item.invitee_id, item.expert_id in doctors)


def _within(name: str) -> Any:
    return lambda item, began: minutes(scheme(POLICY).value(name, localdate(began))[item.kind])


def _all(*names: str) -> dict[str, Any]:
    return {"asks": names, "needs": names}


AGREED = asked(rules.agreement_in_force, "协议", "agreement", facts)
CONSENT = asked(rules.patient_consent, "知情同意", "consent", facts)
LICENSED = asked(rules.licensed_for, "专家资质", "expert", facts)
_FORM = ("kind", "inviter", "invitee", "patient", "consent", "materials")
_NEEDED = ("kind", "inviter", "invitee", "patient", "materials")
_SENT = (Freeze("materials", _FORM), GiveNumber())
_FROZEN = Freeze("opinion", ("opinion",))
BEFORE = (DRAFT, APPLIED, ASSIGNED, SCHEDULED)
AT_WORK = (ASSIGNED, SCHEDULED, IN_SESSION, WRITTEN)
CLINICAL = frozenset(("clinical",))

CONSULTATION = declare(
    Flow(
        code="consultation",
        word=Word("远程会诊", "remote consultation"),
        model=Consultation,
        clauses=("X9", "X19", "S1", "S10"),
        policies=(POLICY,),
        steps=(
            step("write", "起草", "write", (), DRAFT, ASKER, asks=_FORM, needs=_NEEDED),
            step("complete", "补充资料", "complete", (DRAFT,), DRAFT, ASKER, asks=("consent", "materials"), side=True),
            step("apply", "提交申请", "apply", (DRAFT,), APPLIED, ASKER, checks=(AGREED, CONSENT), does=_SENT),
            step("return", "退回补充", "return", (APPLIED,), DRAFT, INVITEE, reason=True, side=True),
            step("take", "受理并派专家", "take", (APPLIED,), ASSIGNED, INVITEE, **_all("expert"), checks=(LICENSED,)),
            step("schedule", "排期", "schedule", (ASSIGNED,), SCHEDULED, INVITEE, **_all("session_at")),
            step("start", "开始", "start", (SCHEDULED,), IN_SESSION, EXPERT),
            step("interrupt", "中断", "interrupt", (IN_SESSION,), SCHEDULED, EXPERT, reason=True, side=True),
            step("opine", "填写意见", "opine", (IN_SESSION,), WRITTEN, EXPERT, **_all("opinion"), does=(_FROZEN,)),
            step("sign", "签发", "sign", (WRITTEN,), SIGNED, EXPERT, does=(Sign("opinion"),)),
            step("amend", "更正", "amend", (SIGNED,), IN_SESSION, EXPERT, reason=True, side=True),
            step("rate", "评价归档", "rate", (SIGNED,), ARCHIVED, ASKER, **_all("rating")),
            step("cancel", "取消", "cancel", BEFORE, CANCELLED, ASKER, reason=True, side=True),
        ),
        sights=(
            Sight(ASKER, tags=CLINICAL),
            Sight(INVITEE, since=APPLIED, tags=CLINICAL),
            Sight(EXPERT, tags=CLINICAL),
            Sight(RoleOver(COMMISSION, "invitee"), since=APPLIED, shows=Shows.COUNTS),
        ),
        limits=(
            Limit("take", Word("受理时限", "taking on"), (APPLIED,), _within("take_minutes"), late=(INVITEE,)),
            Limit("report", Word("报告时限", "report"), AT_WORK, _within("report_minutes"), late=(EXPERT,)),
        ),
        tagged={"clinical": ("patient", "materials", "opinion")},
        listed=("number", "state", "kind", "inviter", "invitee", "expert", "made_at"),
        series=lambda item: f"consultation-{item.invitee.code}-{localdate(item.made_at).year}",
        number=lambda item, place: f"会{item.invitee.code}{localdate(item.made_at).year}{place:06}",
    )
)
