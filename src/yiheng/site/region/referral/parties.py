"""Who takes part in a referral (转诊各方), and the ledger of places that hospitals keep for the referred."""

from yiheng.base.words import Word
from yiheng.site.base.ledger.declare import Ledger, declare
from yiheng.site.base.ledger.units import Unit
from yiheng.site.base.party import Author, Former, Glass, Outsider, PersonIn, RoleAt, RoleOver
from yiheng.site.base.places.roles import COMMISSION, DEPARTMENT, DOCTOR, INSTITUTION, REGION, role

DESK = role("referral_desk", "转诊办公室", "referral desk", INSTITUTION)
CENTRE = role("referral_centre", "转诊中心", "referral centre", REGION)
EMERGENCY = role("emergency_doctor", "急诊医师", "emergency doctor", INSTITUTION, DEPARTMENT)

SENDING = RoleAt(DOCTOR, "sender")
SENDER = Author() | RoleAt(DESK, "sender")
RECEIVER = RoleAt(DESK, "receiver")
RECEIVER_OR_CENTRE = RECEIVER | RoleOver(CENTRE, "receiver")
FAMILY_DOCTOR = PersonIn("family_doctor")
TREATING_DOCTOR = PersonIn("treating_doctor")
CARING = RECEIVER | TREATING_DOCTOR
DESKS = RoleAt(DESK, "sender") | RECEIVER
ONCE_RECEIVER = Former(DESK, "receiver")
PATIENT = Outsider()
IN_EMERGENCY = Glass(EMERGENCY)
REGION_OFFICE = RoleOver(COMMISSION, "receiver")

PLACES = declare(
    Ledger(
        "referral",
        Word("转诊预留床位与号源", "places kept for the referred"),
        Unit.COUNT,
        keepers=RoleAt(DESK, "place"),
        seen_by=RoleOver(CENTRE, "place"),
    )
)
