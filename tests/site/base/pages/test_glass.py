"""A16 on pages: opening with a reason for some hours, a banner on every page, its end, its review by another."""

import json
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone
from site_small.flow import TERMS

from yiheng.site.base.api.tokens import make_token
from yiheng.site.base.audit.models import Entry, Look
from yiheng.site.base.breakglass.models import Glass
from yiheng.site.base.flow.models import Item

from ..town import Town, make_person
from .conftest import Enter

WHY = "抢救需要查看病情"
HOUR = timedelta(hours=1)


@pytest.fixture
def far(town: Town) -> Town:
    """The town with a doctor of the west hospital, and its officers."""
    posts = {"doc": ("doctor", town.west), "sec": ("security", town.west), "aue": ("auditor", town.east)}
    town.people |= {name: make_person(name, post, name=name) for name, post in posts.items()}
    for name in ("sec", "aue"):
        Authenticator.objects.create(user=town.people[name], type="totp", data={"secret": "x"})
    return town


def asked(item: Item, **rest: str) -> dict[str, str]:
    return {"flow": "errand", "number": item.number, "reason": WHY, "hours": "2"} | rest


def sent(town: Town) -> Item:
    """An errand with a number, as only a flow that gives them has."""
    item = town.sent()
    Item.objects.filter(pk=item.pk).update(number="差E2026000001")
    return Item.objects.get(pk=item.pk)


def test_what_was_not_seen_is_opened_and_every_page_says_so(far: Town, enter: Enter) -> None:
    item, doc = sent(far), enter("doc")
    assert doc.get(f"/items/{item.pk}/").status_code == 404
    assert 'href="/glass/"' in doc.get("/").content.decode()
    answer = doc.post("/glass/", asked(item))
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/items/{item.pk}/")
    glass = Glass.objects.get()
    assert (glass.person, glass.item_id, glass.reason, glass.reviewers) == (
        far.people["doc"], item.pk, WHY, " auditor security ",
    )  # fmt: skip
    assert glass.ends_at - glass.opened_at == 2 * HOUR
    ends = f"{timezone.localtime(glass.ends_at):%Y-%m-%d %H:%M}"
    for where in ("/", "/notices/", f"/items/{item.pk}/", f"/items/{item.pk}/print/"):
        page = doc.get(where).content.decode()
        assert ("紧急查阅进行中" in page, ends in page) == (True, True), where
    looks = Look.objects.filter(person=far.people["doc"], detail__glass=True)
    assert list(looks.values_list("action", flat=True)) == ["look.page", "look.print"]
    assert "Break-glass is open" in enter("doc", "en").get("/").content.decode()


def test_it_ends_by_hand_or_by_itself(far: Town, enter: Enter) -> None:
    item, doc = sent(far), enter("doc")
    doc.post("/glass/", asked(item))
    glass = Glass.objects.get()
    assert enter("wei").post(f"/glass/{glass.pk}/close/").status_code == 404
    assert doc.post(f"/glass/{glass.pk}/close/").status_code == 302
    assert doc.get(f"/items/{item.pk}/").status_code == 404
    assert "紧急查阅进行中" not in doc.get("/").content.decode()
    doc.post("/glass/", asked(item))
    assert doc.get(f"/items/{item.pk}/").status_code == 200
    Glass.objects.filter(closed_at=None).update(opened_at=timezone.now() - 2 * HOUR, ends_at=timezone.now())
    assert doc.get(f"/items/{item.pk}/").status_code == 404


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"reason": ""}, "填写有误"),
        ({"reason": "急"}, "请填写紧急查阅理由"),
        ({"hours": "5"}, "紧急查阅最长 4 小时"),
        ({"hours": "0"}, "填写有误"),
        ({"hours": "9" * 30}, "填写有误"),
        ({"number": "没有此号"}, "没有可紧急查阅的此编号事项"),
        ({"number": "\x00"}, "填写有误"),
        ({"flow": "purchase"}, "填写有误"),
    ],
)
def test_what_is_refused_opens_nothing(far: Town, enter: Enter, changed: dict[str, str], said: str) -> None:
    item, doc, entries = sent(far), enter("doc"), Entry.objects.count()
    answer = doc.post("/glass/", asked(item, **changed))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Glass.objects.exists()
    assert Entry.objects.count() == entries
    assert Look.objects.exclude(outcome="seen").count() == 1


def test_nobody_else_finds_the_page_and_who_sees_an_item_opens_nothing(far: Town, enter: Enter) -> None:
    item = sent(far)
    for name in ("wei", "com", "out", "sec"):
        assert enter(name).get("/glass/").status_code == 404
        assert enter(name).post("/glass/", asked(item)).status_code == 404
        assert 'href="/glass/"' not in enter(name).get("/").content.decode()
    own = enter("dan").post("/glass/", asked(item))
    assert (own.status_code, "您本来就能查看此事项" in own.content.decode()) == (422, True)
    assert not Glass.objects.exists()


def test_programs_are_told_that_it_is_for_pages(far: Town, enter: Enter) -> None:
    item, now = sent(far), timezone.now()
    program = Client(headers={"Authorization": f"Bearer {make_token(far.people['doc'], 't', now, now + HOUR)}"})
    doc = enter("doc")
    assert program.get(f"/api/items/{item.pk}").status_code == 404
    doc.post("/glass/", asked(item))
    for client in (program, doc):
        answer = client.get(f"/api/items/{item.pk}")
        assert (answer.status_code, answer.json()["code"]) == (403, "glass_page")
        assert answer.json()["zh"] == "紧急查阅的事项只在页面上显示，不经接口提供"
        assert json.loads(client.get("/api/flows/errand/items").content)["items"] == []
    assert Look.objects.filter(outcome="glass_page").count() == 2


def test_an_officer_reviews_what_has_ended_and_overdue_ones_are_named(far: Town, enter: Enter) -> None:
    item, doc, officer = sent(far), enter("doc"), enter("sec")
    doc.post("/glass/", asked(item))
    doc.get(f"/items/{item.pk}/")
    glass = Glass.objects.get()
    where = f"/glass/reviews/{glass.pk}/"
    assert "没有待复核的紧急查阅" in officer.get("/glass/reviews/").content.decode()
    running = officer.get("/glass/reviews/?show=running").content.decode()
    assert (WHY in running, "差E2026000001" in running) == (True, True)
    refused = officer.post(where, {"verdict": "right", "comment": "属实"})
    assert (refused.status_code, "结束后复核" in refused.content.decode()) == (422, True)

    doc.post(f"/glass/{glass.pk}/close/")
    Glass.objects.update(review_by=timezone.now() - HOUR)
    page = officer.get("/glass/reviews/").content.decode()
    assert ("逾期未复核：1" in page, "已逾期" in page) == (True, True)
    assert '<span class="count">1</span>' in officer.get("/").content.decode()
    assert doc.post("/glass/", asked(item)).status_code == 422  # until then no other is opened

    page = officer.get(where).content.decode()
    assert ("查看事项" in page, "doc" in page) == (True, True)
    assert officer.post(where, {"verdict": "", "comment": "属实"}).status_code == 422
    assert officer.post(where, {"verdict": "right", "comment": " "}).status_code == 422
    assert officer.post(where, {"verdict": "right", "comment": "属实"}).status_code == 302
    glass.refresh_from_db()
    assert (glass.verdict, glass.comment, glass.reviewer) == ("right", "属实", far.people["sec"])
    assert "属实" in officer.get(where).content.decode()
    assert officer.post(where, {"verdict": "wrong", "comment": "再改"}).status_code == 422
    assert "理由成立" in officer.get("/glass/reviews/?show=reviewed").content.decode()
    assert [entry.action for entry in Entry.objects.filter(action__startswith="glass")] == [
        "glass.break", "glass.close", "glass.review",
    ]  # fmt: skip


def test_reviews_are_for_the_officers_of_the_place(far: Town, enter: Enter) -> None:
    item = sent(far)
    enter("doc").post("/glass/", asked(item))
    glass = Glass.objects.get()
    for name in ("doc", "com", "out"):
        assert enter(name).get("/glass/reviews/").status_code == 404
        assert enter(name).get(f"/glass/reviews/{glass.pk}/").status_code == 404
    assert enter("aue").get("/glass/reviews/?show=running").status_code == 200
    assert WHY not in enter("aue").get("/glass/reviews/?show=running").content.decode()
    assert enter("aue").post(f"/glass/reviews/{glass.pk}/", {"verdict": "right", "comment": "x"}).status_code == 404
    assert Glass.objects.get().reviewed_at is None
    assert TERMS.longest == 4 * HOUR
