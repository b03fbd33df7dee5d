"""A purchase and a payment are urged once a day, as the hospital's policy says, and by nobody who only audits."""

from datetime import timedelta

import pytest

from yiheng.site.base.accounts.models import Person
from yiheng.site.base.flow.models import Act
from yiheng.site.base.flow.refused import NotAllowed
from yiheng.site.base.flow.verbs import TooSoon
from yiheng.site.base.places.models import Post
from yiheng.site.management.procurement.flow import PROCUREMENT
from yiheng.site.management.procurement.payments import PAYMENT

from .hospital import NOW, START, Hospital


def test_once_a_day() -> None:
    for flow in (PROCUREMENT, PAYMENT):
        assert flow.urge_every is not None
        assert flow.urge_every(NOW) == timedelta(hours=24)


def test_a_purchase_is_urged(hospital: Hospital) -> None:
    item = hospital.ask()
    hospital.act("head", "urge", item)
    hospital.now += timedelta(hours=23, minutes=59)
    with pytest.raises(TooSoon) as why:
        hospital.act("buyer", "urge", item)
    assert why.value.text.zh == "刚刚已催办，24小时内只催办一次"
    hospital.now += timedelta(minutes=1)
    hospital.act("buyer", "urge", item)
    assert Act.objects.filter(item=item, step="urge").count() == 2


def test_an_auditor_only_looks(hospital: Hospital) -> None:
    item = hospital.ask()
    audit = hospital.people["audit"] = Person.objects.create_user("audit", name="审计")
    Post.objects.create(person=audit, role="auditor", place=hospital.org, start=START)
    before = Act.objects.count()
    verbs = {"comment": {"text": "请说明"}, "copy": {"person": "buyer", "shows": "all"}, "urge": {}}
    for verb, data in verbs.items():
        with pytest.raises(NotAllowed, match="party"):
            hospital.act("audit", verb, item, **data)
    assert Act.objects.count() == before
    Post.objects.create(person=audit, role="purchasing", place=hospital.org, start=START)
    hospital.act("audit", "comment", item, text="采购部门已知悉")
