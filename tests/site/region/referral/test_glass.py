"""Break-glass of a referral: an emergency doctor elsewhere, by its number or its patient, on the policy's terms."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from yiheng.site.base.accounts.models import Person
from yiheng.site.base.audit.models import Look
from yiheng.site.base.breakglass.models import Glass
from yiheng.site.base.places.models import Post
from yiheng.site.base.vault import keys
from yiheng.site.region.referral.policy import glass_terms

from .county import START, County

WHY = "抢救，患者昏迷，需了解病情"


@pytest.fixture
def emergency(county: County) -> Client:
    """An emergency doctor of a hospital that has no part in the referral."""
    person = Person.objects.create_user("er", name="er")
    Post.objects.create(person=person, role="emergency_doctor", place=county.other, start=START)
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def ask(client: Client, number: str, hours: int = 1) -> int:
    asked = {"flow": "referral", "number": number, "reason": WHY, "hours": str(hours)}
    return int(client.post("/glass/", asked).status_code)


def test_the_terms_are_the_policys() -> None:
    its = glass_terms(timezone.now())
    assert (its.longest, its.review_within) == (timedelta(hours=4), timedelta(days=3))
    assert its.reviewers == {"security", "auditor"}


def test_it_is_opened_whole_with_its_sealed_texts(
    county: County, emergency: Client, settings: Settings, tmp_path: Path
) -> None:
    settings.VAULT_KEYS = tmp_path / "vault.keys"
    keys.add()
    item = county.submitted(patient="p-9", patient_name="演示患者", phone="演示电话")
    look = f"/items/{item.pk}/look/patient_name/"
    assert emergency.post(look, {"reason": WHY}).status_code == 404
    assert ask(emergency, "p-9", 5) == 422
    assert ask(emergency, "p-9", 4) == 302
    page = emergency.get(f"/items/{item.pk}/").content.decode()
    assert [text for text in ("胸痛2小时", "I21.0", "紧急查阅进行中") if text not in page] == []
    assert "演示患者" not in page
    content = page.split("<h2>内容</h2>")[1].split("</section>")[0]
    assert "联系电话" not in content, "what is sealed stands among what is protected, and nowhere else"
    assert page.count("联系电话（加密保存") == 1
    assert "演示患者" in emergency.post(look, {"reason": WHY}).content.decode()
    assert Look.objects.get(action="look.vault", outcome="seen").detail["glass"] is True
    item.refresh_from_db()
    assert emergency.post(f"/items/{item.pk}/do/reject/", {"reason": "无", "seen": item.version}).status_code == 403
    assert emergency.get(f"/items/{item.pk}/form/summary/").status_code == 404


def test_what_was_not_sent_is_not_opened_and_the_last_of_several_is(county: County, emergency: Client) -> None:
    county.written(patient="p-7")
    assert ask(emergency, "p-7") == 422
    first = county.submitted(patient="p-7")
    county.later(hours=1)
    second = county.submitted(patient="p-7")
    assert ask(emergency, "p-7") == 302
    assert Glass.objects.get().item_id == second.pk
    first.refresh_from_db()
    assert ask(emergency, first.number) == 302
    assert Glass.objects.count() == 2
