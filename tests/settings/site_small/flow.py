"""The errand's flow: sent, taken or refused or passed to another hospital, done, confirmed by a third."""

from datetime import timedelta

from site_small.models import Errand
from yiheng.base.words import Word
from yiheng.site.base.breakglass.terms import Breaking, Terms
from yiheng.site.base.flow.declare import Flow, Shows, Sight, Step, state
from yiheng.site.base.flow.registry import declare
from yiheng.site.base.party import Author, Former, Glass, PersonIn, RoleAt, RoleOver
from yiheng.site.base.places.roles import COMMISSION, DOCTOR, INSTITUTION, LEADER, role

DESK = role("errand_desk", "差事台", "errand desk", INSTITUTION)

DRAFT = state("draft", "起草", "draft")
SENT = state("sent", "已送出", "sent")
TAKEN = state("taken", "已接收", "taken")
DONE = state("done", "已办", "done")
CLOSED = state("closed", "已结", "closed", ends=True)
REFUSED = state("refused", "已拒", "refused", ends=True)

TERMS = Terms(timedelta(hours=4), timedelta(days=3), frozenset(("auditor", "security")))
SENDER, RECEIVER = RoleAt(DOCTOR, "sender"), RoleAt(DESK, "receiver")

ERRAND = declare(
    Flow(
        code="errand",
        word=Word("差事", "errand"),
        model=Errand,
        steps=(
            Step(
                "begin",
                Word("起草", "draft"),
                (),
                DRAFT,
                SENDER,
                ("sender", "receiver", "subject", "amount", "note"),
                ("sender", "receiver", "subject", "amount"),
            ),
            Step("send", Word("送出", "send"), (DRAFT,), SENT, Author()),
            Step("take", Word("接收", "take"), (SENT,), TAKEN, RECEIVER, ("owner",), ("owner",)),
            Step("refuse", Word("拒绝", "refuse"), (SENT,), REFUSED, RECEIVER, reason=True, side=True),
            Step(
                "redirect",
                Word("改派", "redirect"),
                (SENT,),
                SENT,
                RECEIVER,
                ("receiver",),
                ("receiver",),
                reason=True,
                side=True,
            ),
            Step("finish", Word("办结", "finish"), (TAKEN,), DONE, PersonIn("owner")),
            Step(
                "confirm",
                Word("确认", "confirm"),
                (DONE,),
                CLOSED,
                RoleAt(LEADER, "receiver") | RoleAt(LEADER, "sender"),
            ),
            Step("cancel", Word("撤销", "cancel"), (DRAFT, SENT), REFUSED, Author(), reason=True, side=True),
        ),
        sights=(
            Sight(Author(), tags=frozenset(("private",))),
            Sight(SENDER),
            Sight(RoleAt(LEADER, "sender")),
            Sight(RECEIVER, since=SENT),
            Sight(PersonIn("owner"), tags=frozenset(("private",))),
            Sight(RoleAt(LEADER, "receiver"), since=TAKEN, tags=frozenset(("private",))),
            Sight(Former(DESK, "receiver"), shows=Shows.STUB),
            Sight(Glass(DOCTOR), tags=frozenset(("private",))),
            Sight(RoleOver(COMMISSION, "receiver"), shows=Shows.COUNTS),
        ),
        apart=(("begin", "confirm"), ("finish", "confirm")),
        tagged={"private": ("note",)},
        stub=("number", "state", "receiver"),
        listed=("number", "state", "sender", "receiver", "subject", "amount", "note"),
        searched=("number", "subject", "note"),
        amount="amount",
        glass=Breaking(lambda now: TERMS),
        series=lambda item: f"errand-{item.sender.code}-{item.made_at.year}",
        number=lambda item, place: f"差{item.sender.code}{item.made_at.year}{place:06}",
    )
)
