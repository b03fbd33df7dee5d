"""Groups: founded at the lead, joined and left at both; all audited."""

import pytest

from yiheng.site.base.audit.models import Entry
from yiheng.site.base.places.models import Group, Membership
from yiheng.site.base.posts.groups import found_group, join, leave

from ..town import DAY, NOW, Town
from .asked import LATER, refused

pytestmark = pytest.mark.django_db


def test_members_of_a_group(ruled: Town) -> None:
    group = Group.objects.create(code="G", name="集团", lead=ruled.east)
    adc = ruled.actor("adc")
    member = join(adc, group, ruled.west, DAY, None, NOW)
    refused("held", lambda: join(adc, group, ruled.west, LATER, None, NOW))
    refused("member_kind", lambda: join(adc, group, ruled.county, DAY, None, NOW))
    refused("not_administrator", lambda: join(ruled.actor("ade"), group, ruled.west, DAY, None, NOW))
    refused("days", lambda: join(adc, group, ruled.east, LATER, DAY, NOW))
    refused("not_administrator", lambda: leave(ruled.actor("ade"), member, LATER, NOW))
    leave(adc, member, LATER, NOW)
    assert Membership.objects.get().end == LATER
    assert join(adc, group, ruled.west, LATER, None, NOW).start == LATER
    assert [entry.action for entry in Entry.objects.order_by("seq")] == ["group.join", "group.leave", "group.join"]


def test_a_group_is_founded_at_its_lead(ruled: Town) -> None:
    ade = ruled.actor("ade")
    group = found_group(ade, "G-1", " 东部医共体 ", ruled.east, DAY, NOW)
    assert (group.code, group.name, group.lead) == ("G-1", "东部医共体", ruled.east)
    member = Membership.objects.get()
    assert (member.group, member.place, member.start, member.end) == (group, ruled.east, DAY, None)
    assert [(entry.action, entry.number) for entry in Entry.objects.all()] == [("group.found", "G-1")]
    refused("held", lambda: found_group(ruled.actor("adc"), "G-1", "另一个", ruled.west, DAY, NOW))


@pytest.mark.parametrize(
    ("why", "by", "code", "name", "lead"),
    [
        ("not_administrator", "ade", "G", "集团", "west"),
        ("not_administrator", "com", "G", "集团", "east"),
        ("member_kind", "adc", "G", "集团", "county"),
        ("code", "adc", "", "集团", "east"),
        ("code", "adc", "集团", "集团", "east"),
        ("code", "adc", "G" * 65, "集团", "east"),
        ("name", "adc", "G", "  ", "east"),
        ("name", "adc", "G", "集\n团", "east"),
        ("name", "adc", "G", "团" * 129, "east"),
    ],
)
def test_groups_that_cannot_be(ruled: Town, why: str, by: str, code: str, name: str, lead: str) -> None:
    refused(why, lambda: found_group(ruled.actor(by), code, name, getattr(ruled, lead), DAY, NOW))


def test_a_group_begins_today_at_the_earliest(ruled: Town) -> None:
    refused("days", lambda: found_group(ruled.actor("adc"), "G", "集团", ruled.east, DAY - (LATER - DAY), NOW))
