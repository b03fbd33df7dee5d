"""Pages of administration: who finds them, appointing, ending, accounts, sheets given back; nothing medical."""

import base64
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.timezone import localdate

from yiheng.site.base.accounts.models import Person
from yiheng.site.base.audit.models import Entry
from yiheng.site.base.places.models import Place, Post

from ..town import Town, make_person
from .conftest import Enter

PEOPLE = "登录名,姓名,角色,机构代码,起,止\n"
PLACES = "代码,名称,类别,上级代码,起,止\n"


@pytest.fixture
def ruled(town: Town) -> Town:
    for name, place in {"adc": town.city, "ade": town.east}.items():
        town.people[name] = make_person(name, ("administrator", place))
        Authenticator.objects.create(user=town.people[name], type="totp", data={"secret": "x"})
    return town


def sheet(text: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("sheet.csv", text.encode())


def back_of(answer: object) -> list[str]:
    address = answer.context["handed"].back  # type: ignore[attr-defined]
    return base64.b64decode(address.partition("base64,")[2]).decode("utf-8-sig").splitlines()


def test_an_administrator_sees_the_own_tree_alone(ruled: Town, enter: Enter) -> None:
    ade, adc = enter("ade"), enter("adc")
    assert ade.get("/administration/").headers["Location"] == f"/administration/{ruled.east.pk}/"
    page = ade.get(f"/administration/{ruled.east.pk}/")
    assert [each.code for each in page.context["children"]] == ["E-1"]
    assert [line.post.person.username for line in page.context["rows"]] == ["ade", "eva", "edd"]
    within = ade.get(f"/administration/{ruled.east.pk}/?within=1&q=丹")
    assert [line.post.person.username for line in within.context["rows"]] == ["dan"]
    for place in (ruled.city, ruled.west):
        assert ade.get(f"/administration/{place.pk}/").status_code == 404
        assert adc.get(f"/administration/{place.pk}/").status_code == 200
    assert ade.get(f"/administration/people/{ruled.people['wei'].pk}/").status_code == 404
    assert ade.get(f"/administration/people/{ruled.people['dan'].pk}/").status_code == 200
    assert "Nobody holds a post here" in enter("adc", "en").get(f"/administration/{ruled.county.pk}/").content.decode()


def test_nobody_else_finds_it(ruled: Town, enter: Enter) -> None:
    dan = ruled.people["dan"]
    post = Post.objects.get(person=dan)
    before = list(Post.objects.values())
    for name in ("eva", "dan", "com", "out"):
        for where in (
            "", f"{ruled.east.pk}/", "appoint/", f"people/{dan.pk}/", f"people/{dan.pk}/lock/", f"posts/{post.pk}/end/",
            "sheets/people/", "sheets/places/",
        ):  # fmt: skip
            for ask in (enter(name).get, enter(name).post):
                assert (name, where, ask(f"/administration/{where}").status_code in (404, 405)) == (name, where, True)
    assert list(Post.objects.values()) == before
    menu = 'href="/administration/"'
    assert [menu in enter(name).get("/").content.decode() for name in ("ade", "eva")] == [True, False]


def test_somebody_new_is_appointed_and_the_password_shown_once(ruled: Town, enter: Enter) -> None:
    ade = enter("ade")
    form = {"username": "zhao", "name": "赵", "place": "E-1", "role": "doctor", "start": localdate(), "end": ""}
    wrong = ade.post("/administration/appoint/", form | {"place": "W", "start": "x"})
    assert (wrong.status_code, set(wrong.context["form"].errors)) == (422, {"place", "start"})
    made = ade.post("/administration/appoint/", form)
    ((person, password),) = made.context["rows"]
    assert (made.status_code, person.username, person.check_password(password)) == (200, "zhao", True)
    assert "no-store" in made.headers["Cache-Control"]
    assert password not in ade.get(f"/administration/people/{person.pk}/").content.decode()
    again = ade.post("/administration/appoint/", form | {"role": "head", "end": localdate() + timedelta(days=9)})
    assert again.headers["Location"] == f"/administration/people/{person.pk}/"
    assert Post.objects.get(person=person, role="head").end == localdate() + timedelta(days=10)
    own = ade.post(
        "/administration/appoint/", form | {"username": "ade", "name": "ade", "place": "E", "role": "leader"}
    )
    assert (own.status_code, "不得为本人授予或终止岗位" in own.content.decode()) == (422, True)
    both = ade.post(
        "/administration/appoint/", form | {"username": "adf", "name": "乙", "place": "E", "role": "auditor"}
    )
    auditor = both.context["rows"][0][0]
    clash = ade.post(
        "/administration/appoint/", form | {"username": "adf", "name": "乙", "place": "E", "role": "administrator"}
    )
    assert (clash.status_code, "不相容岗位" in clash.content.decode()) == (422, True)
    assert list(Post.objects.filter(person=auditor).values_list("role", flat=True)) == ["auditor"]
    filled = ade.get(f"/administration/appoint/?place={ruled.ward.pk}&person={person.pk}").content.decode()
    assert 'value="zhao"' in filled
    assert "commission" not in filled


def test_a_post_is_ended(ruled: Town, enter: Enter) -> None:
    post = Post.objects.get(person=ruled.people["dan"])
    where, ade = f"/administration/posts/{post.pk}/end/", enter("ade")
    assert ade.post(where, {"last": localdate() - timedelta(days=2)}).status_code == 422
    assert ade.post(where, {"last": localdate()}).status_code == 302
    post.refresh_from_db()
    assert post.end == localdate() + timedelta(days=1)
    assert ade.post(where, {"last": ""}).status_code == 302
    post.refresh_from_db()
    assert post.end == localdate()
    own = Post.objects.get(person=ruled.people["ade"])
    assert ade.post(f"/administration/posts/{own.pk}/end/", {"last": localdate()}).status_code == 422
    other = Post.objects.get(person=ruled.people["wei"])
    assert ade.post(f"/administration/posts/{other.pk}/end/", {"last": ""}).status_code == 404
    ended = enter("adc").get(f"/administration/people/{ruled.people['dan'].pk}/").content.decode()
    assert "已终止" in ended


def test_an_account_is_stopped_given_a_password_and_freed_of_its_factor(ruled: Town, enter: Enter) -> None:
    dan, ade = ruled.people["dan"], enter("ade")
    where = f"/administration/people/{dan.pk}/"
    dan_at_work = enter("dan")
    assert dan_at_work.get("/").status_code == 200
    blank = ade.post(f"{where}lock/", {"reason": " "})
    assert (blank.status_code, Person.objects.get(pk=dan.pk).is_active) == (422, True)
    assert ade.post(f"{where}lock/", {"reason": "离职"}).status_code == 302
    assert dan_at_work.get("/").status_code == 302, "the session has ended"
    assert ade.post(f"{where}unlock/", {"reason": "返聘"}).status_code == 302
    Authenticator.objects.create(user=dan, type="totp", data={"secret": "x"})
    made = ade.post(f"{where}password/", {"reason": "忘记"})
    ((_, password),) = made.context["rows"]
    assert Person.objects.get(pk=dan.pk).check_password(password)
    alone = ade.post(f"{where}factor/", {"reason": "手机遗失"})
    assert (alone.status_code, "须由另一名系统管理员办理" in alone.content.decode()) == (422, True)
    assert enter("adc").post(f"{where}factor/", {"reason": "手机遗失"}).status_code == 302
    assert not Authenticator.objects.filter(user=dan).exists()
    own = f"/administration/people/{ruled.people['ade'].pk}/"
    assert ade.post(f"{own}factor/", {"reason": "试"}).status_code == 422
    assert ade.post(f"{where}nothing/", {"reason": "试"}).status_code == 404
    assert [entry.action for entry in Entry.objects.order_by("seq")] == [
        "account.lock", "account.unlock", "account.password", "account.factor"
    ]  # fmt: skip


def test_people_come_from_a_sheet_or_their_bad_rows_go_back(ruled: Town, enter: Enter) -> None:  # noqa: ARG001
    ade, day = enter("ade"), localdate()
    rows = f"zhao,赵,医师,E-1,{day},\nqian,钱,医师,W,{day},\nsun,孙,院士,E,{day},\n"
    bad = ade.post("/administration/sheets/people/", {"file": sheet(PEOPLE + rows)})
    assert (bad.status_code, Person.objects.filter(username="zhao").exists()) == (422, False)
    back = back_of(bad)
    assert back[0] == PEOPLE.strip() + ",问题"
    assert [line.split(",")[0] for line in back[1:]] == ["zhao", "qian", "sun"]
    made = ade.post("/administration/sheets/people/", {"file": sheet(PEOPLE + rows.splitlines()[0] + "\n")})
    ((person, password),) = made.context["rows"]
    assert (person.username, person.check_password(password)) == ("zhao", True)
    assert ade.post("/administration/sheets/people/").status_code == 422
    assert ade.get("/administration/sheets/nothing/").status_code == 404


def test_places_come_from_a_sheet_within_the_own_tree(ruled: Town, enter: Enter) -> None:  # noqa: ARG001
    ade: Client = enter("ade")
    before = Place.objects.count()
    bad = ade.post(
        "/administration/sheets/places/",
        {"file": sheet(f"{PLACES}E-2,二科,科室,E,2026-01-01,\nN,新院,机构,14,2026-01-01,\n")},
    )
    assert (bad.status_code, Place.objects.count(), back_of(bad)[2].split(",")[0]) == (422, before, "N")
    good = ade.post("/administration/sheets/places/", {"file": sheet(f"{PLACES}E-2,二科,科室,E,2026-01-01,\n")})
    assert (good.status_code, Place.objects.get(code="E-2").path) == (200, "/14/E/E-2/")
    assert "已导入" in good.content.decode()


def test_an_administrator_sees_nothing_of_items(ruled: Town, enter: Enter) -> None:
    item = ruled.sent(subject="血样", note="机要")
    ade = enter("ade")
    person = ade.get(f"/administration/people/{ruled.people['dan'].pk}/").content.decode()
    assert "血样" not in person
    assert ade.get(f"/items/{item.pk}/").status_code == 404
