"""A referral is urged, on the page and by the API, by whoever sees it, once in the time that policy gives."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client

from yiheng.site.base.api.tokens import make_token
from yiheng.site.base.flow.models import Act, Event, Item
from yiheng.site.base.notices.models import Notice
from yiheng.site.base.notices.outbox import tell
from yiheng.site.region.referral.flow import REFERRAL

from .county import NOW, County


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The time that pages ask for; its last entry is now."""
    moments = [NOW]
    monkeypatch.setattr("django.utils.timezone.now", lambda: moments[-1])
    return moments


def entered(county: County, who: str) -> Client:
    client = Client()
    client.force_login(county.people[who], backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def urges(item: Item) -> int:
    return Act.objects.filter(item=item, step="urge").count()


def test_once_in_ten_minutes() -> None:
    assert REFERRAL.urge_every is not None
    assert REFERRAL.urge_every(NOW) == timedelta(minutes=10)


def test_on_the_page(county: County, clock: list[datetime]) -> None:
    item = county.submitted(urgency="emergency")
    doc, where = entered(county, "doc"), f"/items/{item.pk}/do/urge/"
    assert where in doc.get(f"/items/{item.pk}/").content.decode()

    seen = str(item.version)

    def press() -> object:
        """On the page as it was opened before the first of them."""
        return doc.post(where, {"seen": seen, "request": str(uuid4())})

    assert press().status_code == 302
    clock.append(NOW + timedelta(minutes=9, seconds=59))
    again = press()
    assert (again.status_code, urges(item)) == (422, 1)
    assert "刚刚已催办，10分钟内只催办一次" in again.content.decode()
    clock.append(NOW + timedelta(minutes=10))
    assert press().status_code == 302
    assert (urges(item), Item.objects.get(pk=item.pk).state) == (2, "submitted")
    tell(clock[-1])
    told = Notice.objects.filter(event__in=Event.objects.filter(kind="referral.urge"), person=county.people["desk"])
    assert [each.zh for each in told] == ["双向转诊 转S2026000001：催办，现为“已提交”"] * 2


def test_what_is_said_meanwhile_keeps_no_referral_alive(county: County) -> None:
    item = county.submitted(urgency="emergency")
    county.later(minutes=10)
    county.act("doc", "urge", item)
    county.later(minutes=5)
    county.act("desk", "comment", item, text="正在联系病区")
    county.act("doc", "copy", item, person="colleague", shows="stub")
    county.later(minutes=4)
    county.act("doc", "comment", item, text="请尽快")
    assert Item.objects.get(pk=item.pk).state == "submitted"
    county.later(minutes=1)
    assert Item.objects.get(pk=item.pk).state == "expired"
    assert list(item.acts.values_list("step", flat=True)) == [
        "write", "consent", "submit", "urge", "comment", "copy", "comment", "expire",
    ]  # fmt: skip


def test_by_the_api(county: County, clock: list[datetime]) -> None:
    item = county.submitted()
    token = make_token(county.people["doc"], "test", clock[-1], clock[-1] + timedelta(days=1))

    def urge(who: Client) -> tuple[int, str]:
        headers = {"Idempotency-Key": str(uuid4())}
        where = f"/api/items/{item.pk}/do/urge"
        answer = who.post(where, {}, content_type="application/json", headers=headers)
        return answer.status_code, answer.json().get("code", "")

    doc = Client(headers={"Authorization": f"Bearer {token}"})
    assert urge(doc) == (200, "")
    assert urge(doc) == (422, "too_soon")
    other = make_token(county.people["stranger"], "test", clock[-1], clock[-1] + timedelta(days=1))
    assert urge(Client(headers={"Authorization": f"Bearer {other}"})) == (404, "missing")
    assert urges(item) == 1


def test_nothing_that_has_ended_is_urged(county: County, clock: list[datetime]) -> None:  # noqa: ARG001
    item = county.submitted()
    county.act("desk", "reject", item, "无床位")
    where = f"/items/{item.pk}/do/urge/"
    assert where not in entered(county, "doc").get(f"/items/{item.pk}/").content.decode()
    assert (entered(county, "doc").post(where, {"seen": "4"}).status_code, urges(item)) == (403, 0)
