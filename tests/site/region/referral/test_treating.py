"""The treating doctor (经治医生): named by the receiver, of its own doctors; reads, opens the name, reports back."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from yiheng.site.base.audit.models import Look
from yiheng.site.base.flow.decide import Why
from yiheng.site.base.flow.inbox import inbox
from yiheng.site.base.flow.models import Event, Item
from yiheng.site.base.flow.refused import Blocked, Missing, NotAllowed
from yiheng.site.base.flow.sight import visible
from yiheng.site.base.pages.codes import may_make
from yiheng.site.base.pages.showing import shown
from yiheng.site.base.places.models import Place, Post
from yiheng.site.base.vault import keys
from yiheng.site.region.referral.flow import REFERRAL
from yiheng.site.region.referral.models import Referral

from .county import START, County

OUT = {"outcome": "recovered", "feedback": "支架植入，恢复良好"}


def treated(county: County, doctor: str = "treats", **data: object) -> Item:
    """A referral of whoever came at the appointed time and is treated by a doctor."""
    item = county.scheduled(**data)
    county.now += timedelta(days=1)
    county.act("desk", "arrive", item, arrived_at="2026-03-03 09:00", treating_doctor=doctor)
    return item


def entered(county: County, who: str) -> Client:
    client = Client()
    client.force_login(county.people[who], backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def treating(item: Item) -> str | None:
    its = Referral.objects.get(pk=item.pk).treating_doctor
    return its and its.username


def state(item: Item) -> str:
    return Item.objects.get(pk=item.pk).state


@pytest.fixture
def vault(settings: object, tmp_path: Path) -> None:
    settings.VAULT_KEYS = tmp_path / "vault.keys"  # type: ignore[attr-defined]
    keys.add()


@pytest.mark.usefixtures("vault")
def test_the_treating_doctor_reads_opens_the_name_and_reports_back(county: County) -> None:
    item = treated(county, patient_name="甲某", phone="演示电话")
    doctor = entered(county, "treats")
    page = doctor.get(f"/items/{item.pk}/").content.decode()
    assert [text for text in ("胸痛2小时", "I21.0", "同意书.pdf") if text not in page] == []
    look = f"/items/{item.pk}/look/patient_name/"
    without = doctor.post(look, {"reason": "看"})
    assert (without.status_code, "甲某" in without.content.decode()) == (422, False)
    assert "甲某" in doctor.post(look, {"reason": "核对入院患者身份"}).content.decode()
    assert Look.objects.filter(action="look.vault", outcome="seen", person=county.people["treats"]).count() == 1
    assert sorted(line.step for line in inbox(county.actor("treats"))) == ["discharge", "feedback"]
    county.act("treats", "discharge", item, discharged_at="2026-03-03 09:00")
    assert [line.step for line in inbox(county.actor("treats"))] == ["feedback"]
    county.act("treats", "feedback", item, **OUT)
    assert (state(item), Referral.objects.get(pk=item.pk).feedback) == ("completed", "支架植入，恢复良好")


@pytest.mark.usefixtures("vault")
def test_another_doctor_of_the_same_hospital_finds_nothing(county: County) -> None:
    item = treated(county, patient_name="甲某")
    colleague, number = entered(county, "colleague"), Item.objects.get(pk=item.pk).number
    assert colleague.get(f"/items/{item.pk}/").status_code == 404
    assert colleague.post(f"/items/{item.pk}/look/patient_name/", {"reason": "核对患者身份"}).status_code == 404
    assert number not in colleague.get("/flows/referral/").content.decode()
    assert number in entered(county, "treats").get("/flows/referral/").content.decode()
    assert not visible(REFERRAL, county.actor("colleague")).exists()
    assert not inbox(county.actor("colleague")).exists()
    with pytest.raises(Missing):
        county.act("colleague", "feedback", item, **OUT)
    assert state(item) == "in_care"


def test_nobody_treats_before_being_named(county: County) -> None:
    item = county.in_care()
    assert (treating(item), visible(REFERRAL, county.actor("treats")).exists()) == (None, False)
    county.act("desk", "name_treating_doctor", item, treating_doctor="treats")
    assert (state(item), treating(item)) == ("in_care", "treats")
    assert visible(REFERRAL, county.actor("treats")).get().pk == item.pk


def test_whoever_hands_over_sees_it_no_more(county: County) -> None:
    item = treated(county)
    county.act("treats", "discharge", item, discharged_at="2026-03-03 09:00")
    county.act("desk", "name_treating_doctor", item, treating_doctor="colleague")
    assert (state(item), treating(item)) == ("discharged", "colleague")
    with pytest.raises(Missing):
        county.act("treats", "feedback", item, **OUT)
    county.act("colleague", "feedback", item, **OUT)
    assert state(item) == "completed"


@pytest.mark.parametrize("who", ["stranger", "fam", "doc"])
def test_a_doctor_of_another_hospital_is_not_named(county: County, who: str) -> None:
    item = county.scheduled()
    with pytest.raises(Blocked) as refused:
        county.act("desk", "arrive", item, arrived_at="2026-03-02 09:00", treating_doctor=who)
    assert (refused.value.text.zh, state(item), treating(item)) == ("经治医生须为接收机构的医师", "scheduled", None)
    county.act("desk", "arrive", item, arrived_at="2026-03-02 09:00")
    with pytest.raises(Blocked):
        county.act("desk", "name_treating_doctor", item, treating_doctor=who)
    assert treating(item) is None


def test_a_doctor_of_a_department_of_the_receiver_is_named_as_long_as_in_post(county: County) -> None:
    big, person = county.city_hospital, county.people["treats"]
    ward = Place.objects.create(
        code="B-1", name="心内科", kind="department", parent=big, path=f"{big.path}B-1/", start=START
    )
    Post.objects.filter(person=person).update(place=ward, end=county.now.date())
    item = county.scheduled()
    with pytest.raises(Blocked):
        county.act("desk", "arrive", item, arrived_at="2026-03-02 09:00", treating_doctor="treats")
    Post.objects.filter(person=person).update(end=None)
    county.act("desk", "arrive", item, arrived_at="2026-03-02 09:00", treating_doctor="treats")
    assert (state(item), treating(item)) == ("in_care", "treats")


def test_only_the_receiver_names_the_treating_doctor(county: County) -> None:
    item = treated(county)
    for who in ("treats", "doc", "out", "centre", "fam"):
        with pytest.raises(NotAllowed) as refused:
            county.act(who, "name_treating_doctor", item, treating_doctor="colleague")
        assert refused.value.why is Why.PARTY
    assert treating(item) == "treats"


def test_who_treats_is_asked_about_the_discharge_beside_the_desk(county: County) -> None:
    item = treated(county)
    county.later(days=31)
    first, _ = Event.objects.filter(item=item, kind="late").order_by("pk")
    assert [(turn["role"], turn["person"]) for turn in first.content["turns"]] == [
        ("referral_desk", None),
        ("", county.people["treats"].pk),
    ]


def test_who_treats_makes_no_query_code(county: County) -> None:
    item = treated(county)
    assert not may_make(shown(item.pk, county.actor("treats")))
