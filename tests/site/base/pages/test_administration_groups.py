"""Groups on pages: found, joined and left by whoever administers both; nobody else finds them."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.utils.timezone import localdate

from yiheng.site.base.audit.models import Entry
from yiheng.site.base.places.models import Group, Membership

from ..town import START, Town, make_person
from .conftest import Enter


@pytest.fixture
def ruled(town: Town) -> Town:
    for name, place in {"adc": town.city, "ade": town.east, "adw": town.west}.items():
        town.people[name] = make_person(name, ("administrator", place))
        Authenticator.objects.create(user=town.people[name], type="totp", data={"secret": "x"})
    return town


def test_a_group_is_founded_and_an_institution_joins_and_leaves(ruled: Town, enter: Enter) -> None:
    adc, today = enter("adc"), localdate()
    assert "还没有集团" in adc.get("/administration/groups/").content.decode()
    form = {"code": "G-1", "name": "东部医共体", "lead": "E", "start": today}
    wrong = adc.post("/administration/groups/new/", form | {"lead": "1401", "start": "x"})
    assert (wrong.status_code, set(wrong.context["form"].errors)) == (422, {"lead", "start"})
    made = adc.post("/administration/groups/new/", form)
    group = Group.objects.get()
    where = f"/administration/groups/{group.pk}/"
    assert (made.status_code, made.headers["Location"]) == (302, where)
    again = adc.post("/administration/groups/new/", form)
    assert (again.status_code, "该代码已属于另一集团" in again.content.decode()) == (422, True)
    joined = adc.post(where, {"place": "W", "start": today, "end": today + timedelta(days=9)})
    assert (joined.status_code, joined.headers["Location"]) == (302, where)
    twice = adc.post(where, {"place": "W", "start": today, "end": ""})
    assert (twice.status_code, "已是成员" in twice.content.decode()) == (422, True)
    lines = [(line.member.place.code, line.state, line.last) for line in adc.get(where).context["rows"]]
    assert lines == [("E", "now", None), ("W", "now", today + timedelta(days=9))]
    (row,) = adc.get("/administration/groups/").context["rows"]
    assert (row.code, row.size) == ("G-1", 2)
    member = Membership.objects.get(place=ruled.west)
    leave = f"/administration/memberships/{member.pk}/end/"
    assert adc.post(leave, {"last": today - timedelta(days=1 + 1)}).status_code == 422
    assert adc.post(leave, {"last": ""}).headers["Location"] == where
    member.refresh_from_db()
    assert member.end == today
    assert [line.state for line in adc.get(where).context["rows"]] == ["now", "ended"]
    entries = [entry.action for entry in Entry.objects.order_by("seq")]
    assert entries == ["group.found", "group.join", "group.leave"]


def test_who_administers_a_member_alone_sees_and_changes_nothing(ruled: Town, enter: Enter) -> None:
    group = Group.objects.create(code="G", name="集团", lead=ruled.east)
    ours = Membership.objects.create(group=group, place=ruled.west, start=START)
    where, before = f"/administration/groups/{group.pk}/", list(Membership.objects.values())
    adw = enter("adw")
    page = adw.get(where)
    assert (page.status_code, page.context["joins"], page.context["rows"][0].ends) == (200, False, False)
    assert "共同的系统管理员办理" in page.content.decode()
    for ask in (
        lambda: adw.post(where, {"place": "W", "start": localdate() + timedelta(days=400), "end": ""}),
        lambda: adw.post(f"/administration/memberships/{ours.pk}/end/", {"last": ""}),
    ):
        answer = ask()
        assert (answer.status_code, "须由该机构或其上级的系统管理员办理" in answer.content.decode()) == (422, True)
    assert list(Membership.objects.values()) == before


def test_nobody_else_finds_a_group(ruled: Town, enter: Enter) -> None:
    group = Group.objects.create(code="G", name="集团", lead=ruled.east)
    member = Membership.objects.create(group=group, place=ruled.east, start=START)
    before = [list(table.objects.values()) for table in (Group, Membership)]
    where = ("groups/", "groups/new/", f"groups/{group.pk}/", f"memberships/{member.pk}/end/")
    for name in ("eva", "dan", "com", "out"):
        for path in where:
            for ask in (enter(name).get, enter(name).post):
                assert (name, path, ask(f"/administration/{path}").status_code in (404, 405)) == (name, path, True)
    adw = enter("adw")
    assert list(adw.get("/administration/groups/").context["rows"]) == []
    for path in where[2:]:
        assert (adw.get(f"/administration/{path}").status_code, adw.post(f"/administration/{path}").status_code) == (
            404,
            404,
        )
    assert [list(table.objects.values()) for table in (Group, Membership)] == before


def test_pages_read_in_english(ruled: Town, enter: Enter) -> None:
    group = Group.objects.create(code="G", name="集团", lead=ruled.east)
    ade = enter("ade", "en")
    for path, text in (("groups/", "Members today"), ("groups/new/", "Found a group"), (f"groups/{group.pk}/", "Join")):
        assert text in ade.get(f"/administration/{path}").content.decode()
