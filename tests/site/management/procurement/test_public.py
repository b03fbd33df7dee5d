"""What is published (公开): from which sum on the intention comes first, where each is, and by when a contract's is."""

from datetime import date

import pytest
from django.test import Client

from yiheng.site.base.flow.forms import Invalid
from yiheng.site.base.flow.models import Act, Event, Item
from yiheng.site.base.flow.refused import Blocked
from yiheng.site.management.procurement import policy, rules
from yiheng.site.management.procurement.models import Procurement
from yiheng.site.management.procurement.rules import Direct, Signing

from .hospital import NOW, PUBLISHING, Hospital, make_hospital

CONTRACT = {"contract_number": "1", "contract_amount": "890.00", "deliver_on": "2026-05-01"}


def refused(hospital: Hospital, step: str, item: Item, **rest: object) -> str:
    """Why a step of the buyer's is refused; nothing has changed."""
    before = list(Item.objects.values_list("state", "version")), Act.objects.count(), Event.objects.count()
    with pytest.raises(Blocked) as why:
        hospital.act("buyer", step, item, **rest)
    after = list(Item.objects.values_list("state", "version")), Act.objects.count(), Event.objects.count()
    assert after == before
    return why.value.text.zh


def approved(hospital: Hospital, **request: str) -> Procurement:
    item = hospital.ask(**request)
    hospital.act("office", "approve", item, value="agree", comment="")
    return item


def test_the_threshold_is_the_policys() -> None:
    assert policy.value("intention_from", NOW.date()) == 100_000_000
    assert rules.below_intention(Direct(99_999_999, 100_000_000)) is None
    said = rules.below_intention(Direct(100_000_000, 100_000_000))
    assert said is not None
    assert said.text.zh == "金额达到限额标准（1000000.00元），须先公开采购意向"
    assert said.evidence[-1].source == "policy/procurement/hospital: intention_from"


@pytest.mark.django_db
@pytest.mark.parametrize(("yuan", "is_below"), [("999999.99", True), ("1000000.00", False)])
def test_only_below_the_threshold_bids_are_asked_for_at_once(yuan: str, is_below: bool) -> None:
    hospital = make_hospital(limit=200_000_000)
    item = hospital.ask("ask_argued", amount=yuan)
    for seat in item.polls.get(step="argue").seats.all():
        hospital.act(seat.person.username, "argue", item, score="80", comment="")
    for who in ("office", "accountant", "president", "meeting", "party"):
        hospital.act(who, "approve", item, value="agree", comment="")
    if is_below:
        assert hospital.act("buyer", "inquire", item, method="open").to_state == "open"
        return
    says = "金额达到限额标准（1000000.00元），须先公开采购意向"
    assert refused(hospital, "inquire", item, method="open", reason="情况紧急") == says
    assert hospital.act("buyer", "intend", item, method="open").to_state == "intended"


def test_each_publication_says_where_it_is(hospital: Hospital) -> None:
    """The event has it, the act keeps its own, and the page shows all of them."""
    item = approved(hospital)
    hospital.act("buyer", "intend", item, method="inquiry", notice="意向公告1")
    hospital.later(days=30)
    hospital.act("buyer", "announce", item, notice="采购公告1")
    hospital.act("buyer", "fail", item, reason="无人投标")
    hospital.act("buyer", "inquire", item, method="inquiry", notice="采购公告2")
    for number, price in enumerate(("880.00", "890.00", "899.00")):
        hospital.lodge(item, number, price)
    hospital.act("buyer", "close_bids", item)
    hospital.later(minutes=1)
    for bid in Item.objects.filter(parent=item.pk, flow="bid").order_by("pk"):
        for seat in bid.polls.get().seats.all():
            points = "90" if bid.bid.price == 89_000 else "70"
            hospital.act(seat.person.username, "score", bid, flow="bid", score=points, comment="")
    winner = str(hospital.suppliers[1].pk)
    hospital.act("buyer", "award", item, winner=winner, price="890.00", notice="成交公告1")
    hospital.act("buyer", "contract", item, files=hospital.file("buyer", "contract"), notice="合同公告1", **CONTRACT)
    named = ["意向公告1", "采购公告1", "采购公告2", "成交公告1", "合同公告1"]
    kept = Act.objects.filter(item=item, step__in=PUBLISHING).order_by("pk")
    assert [act.data["notice"] for act in kept] == named
    events = Event.objects.filter(kind__startswith="public.").order_by("pk")
    assert [(each.kind, each.content["notice"]) for each in events] == [
        ("public.intention", "意向公告1"), ("public.announcement", "采购公告1"), ("public.announcement", "采购公告2"),
        ("public.award", "成交公告1"), ("public.contract", "合同公告1"),
    ]  # fmt: skip
    assert Procurement.objects.get().notice == "合同公告1"
    client = Client()
    client.force_login(hospital.people["buyer"])
    page = client.get(f"/items/{item.pk}/").content.decode()
    assert [name in page for name in named] == [True] * 5


@pytest.mark.parametrize("step", ["intend", "inquire"])
def test_nothing_is_published_nowhere(hospital: Hospital, step: str) -> None:
    item = approved(hospital)
    before = Act.objects.count(), Event.objects.count()
    with pytest.raises(Invalid) as wrong:
        hospital.act("buyer", step, item, method="inquiry", notice=" ")
    assert set(wrong.value.fields) == {"notice"}
    item.refresh_from_db()
    assert (item.state, Act.objects.count(), Event.objects.count()) == ("approved", *before)


def test_every_step_that_publishes_needs_to_say_where() -> None:
    from yiheng.site.management.procurement.effects import Publish
    from yiheng.site.management.procurement.flow import STEPS

    publishing = [step for step in STEPS if any(isinstance(each, Publish) for each in step.does)]
    assert [step.name for step in publishing] == list(PUBLISHING)
    assert all("notice" in step.asks and "notice" in step.needs for step in publishing)


def test_an_earlier_publication_is_not_given_again(hospital: Hospital) -> None:
    """The form has the last one in it: to leave it there needs a reason."""
    item = approved(hospital)
    hospital.act("buyer", "intend", item, method="open", notice="公告1")
    hospital.later(days=30)
    assert refused(hospital, "announce", item, notice="公告1") == "与本采购此前的公告相同，须说明理由"
    hospital.act("buyer", "announce", item, notice="公告1", reason="同一网页更新")
    other = approved(hospital, name="口罩", code="A099")
    assert hospital.act("buyer", "inquire", other, method="inquiry", notice="公告1").to_state == "open"


# By when a contract is published


@pytest.mark.parametrize(
    ("signed", "objects"), [("2026-03-01", True), ("2026-03-02", False), ("2026-03-10", False), ("2026-03-11", True)]
)
def test_a_contract_is_signed_between_its_award_and_today(signed: str, objects: bool) -> None:
    its = Signing(date(2026, 3, 2), date.fromisoformat(signed), date(2026, 3, 10), date(2026, 3, 12), 2)
    assert (rules.signed_after_award(its) is not None) == objects


def test_a_contract_is_published_within_two_working_days(hospital: Hospital) -> None:
    """Signed on Friday 6 March it is published by Tuesday; a reason lets it through on Wednesday."""
    item = approved_and_awarded(hospital)
    hospital.later(days=9)
    late = {"files": hospital.file("buyer", "contract"), "signed_on": "2026-03-06", **CONTRACT}
    says = "合同须自签订起2个工作日内公告，至2026-03-10"
    assert refused(hospital, "contract", item, **late) == says
    act = hospital.act("buyer", "contract", item, reason="网站故障", **late)
    said = act.answers.get(check_name="published_in_time")
    assert (said.zh, said.evidence[0][3]) == (says, "policy/procurement/hospital: publish_working_days")


def test_on_the_second_working_day_it_is_in_time(hospital: Hospital) -> None:
    item = approved_and_awarded(hospital)
    hospital.later(days=8)
    paper = hospital.file("buyer", "contract")
    act = hospital.act("buyer", "contract", item, files=paper, signed_on="2026-03-06", **CONTRACT)
    assert (act.to_state, act.answers.get(check_name="published_in_time").zh) == ("contracted", "")


@pytest.mark.parametrize("day", ["0001-01-01", "2026-03-01", "2026-03-03", "9999-12-31"])
def test_a_day_of_signing_that_cannot_be_is_refused(hospital: Hospital, day: str) -> None:
    item = approved_and_awarded(hospital)
    paper = hospital.file("buyer", "contract")
    rest = CONTRACT | {"signed_on": day, "deliver_on": "9999-12-31"}
    said = refused(hospital, "contract", item, files=paper, reason="补录", **rest)
    assert said == "签订日期须在2026-03-02至2026-03-02之间"


def approved_and_awarded(hospital: Hospital) -> Procurement:
    item = hospital.ask()
    hospital.awarded(item)
    return item
