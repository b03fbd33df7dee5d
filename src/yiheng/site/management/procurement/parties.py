"""Who takes part in a purchase (采购各方), and the ledger of the budget that it is held in."""

from yiheng.base.words import Word
from yiheng.site.base.ledger.declare import Ledger, declare
from yiheng.site.base.ledger.units import Unit
from yiheng.site.base.party import Author, Party, RoleAt, RoleOver
from yiheng.site.base.places.roles import AUDITOR, COMMISSION, FINANCE, HEAD, INSTITUTION, LEADER, role

PURCHASING = role("purchasing", "采购部门", "purchasing office", INSTITUTION)
EXPERT = role("expert", "论证专家", "expert", INSTITUTION)
BID_EXPERT = role("bid_expert", "评审专家", "bid expert", INSTITUTION)
OFFICE = role("purchase_office", "归口管理部门", "office in charge", INSTITUTION)
DEPUTY = role("deputy", "分管副院长", "deputy president", INSTITUTION)
ACCOUNTANT = role("accountant", "总会计师", "chief accountant", INSTITUTION)
PRESIDENT = role("president", "院长", "president", INSTITUTION)
MEETING = role("presidents_meeting", "院长办公会", "presidents' meeting", INSTITUTION)
PARTY_COMMITTEE = role("party_committee", "党委会", "party committee", INSTITUTION)
ACCEPTANCE = role("acceptance", "验收人员", "acceptance", INSTITUTION)
CASHIER = role("cashier", "出纳", "cashier", INSTITUTION)

ASKER = RoleAt(HEAD, "dept")
MINE = Author()
BUYER = RoleAt(PURCHASING, "org")
TAKER = RoleAt(ACCEPTANCE, "org")
ACCOUNTS = RoleAt(FINANCE, "org")
PAYER = RoleAt(CASHIER, "org")
LEADERS = RoleAt(LEADER, "org") | RoleAt(PRESIDENT, "org") | RoleAt(ACCOUNTANT, "org")
OVERSEERS = RoleOver(COMMISSION, "org")
AUDIT = RoleAt(AUDITOR, "org")
# Names no turn, so that an event is for whom the item waits for: whoever's rung it is.
SIGNER = Party()
SCORERS = RoleAt(BID_EXPERT, "org")

# The names that the policy's bands use for those who approve.
APPROVERS = {
    each.code.removeprefix("purchase_"): each
    for each in (OFFICE, DEPUTY, ACCOUNTANT, PRESIDENT, MEETING, PARTY_COMMITTEE)
}
BUDGET = declare(
    Ledger(
        "budget",
        Word("预算", "budget"),
        Unit.FEN,
        keepers=RoleAt(FINANCE, "place"),
        confirms=RoleAt(ACCOUNTANT, "place") | RoleAt(PRESIDENT, "place") | RoleAt(LEADER, "place"),
        seen_by=RoleAt(PURCHASING, "place") | RoleAt(AUDITOR, "place"),
    )
)
