"""A redirected referral begins anew with whoever receives it then: the time to answer, and the team's confirmation."""

from datetime import timedelta

import pytest
from django.test import Client

from yiheng.site.base.flow.forms import Invalid
from yiheng.site.base.flow.models import Act, Escalation, Event, Item
from yiheng.site.base.flow.refused import Blocked
from yiheng.site.region.referral.models import Referral

from .county import NOW, County

DANGER = {"dangers": ["bleeding"], "escort": "on", "team_confirmed": "B"}


def redirected(county: County, receiver: str = "O", **data: object) -> Item:
    item = county.submitted(urgency="emergency", **data)
    county.later(minutes=6)
    county.act("desk", "redirect", item, "导管室检修", receiver=receiver)
    return item


def clocks(item: Item) -> list[tuple[timedelta, timedelta, bool]]:
    """When each clock of the answer began and is over, after the first; whether it runs."""
    rows = item.deadlines.filter(name="answer").order_by("pk")
    return [(row.began_at - NOW, row.due - NOW, row.ended_at is None) for row in rows]


def told() -> list[tuple[int, int, str]]:
    """By level who was told that the answer is late: minutes from the submission, and at which place."""
    late = Event.objects.filter(kind="late").order_by("pk")
    return [
        (each.content["level"], (each.at - NOW) // timedelta(minutes=1), turn["path"])
        for each in late
        for turn in each.content["turns"][:1]
    ]


def test_the_new_receiver_has_the_whole_time_and_is_told_when_it_is_over(county: County) -> None:
    item = redirected(county)
    minute = timedelta(minutes=1)
    assert clocks(item) == [(0 * minute, 10 * minute, False), (6 * minute, 16 * minute, True)]
    county.later(minutes=9)
    assert Escalation.objects.count() == 0, "nobody is late at minute 15"
    county.later(minutes=1)
    assert told() == [(1, 16, county.other.path), (2, 16, county.other.path)]
    county.later(minutes=9)
    assert Item.objects.get(pk=item.pk).state == "submitted"
    county.later(minutes=1)
    assert Item.objects.get(pk=item.pk).state == "expired"


def test_an_answer_to_the_redirection_is_in_time(county: County) -> None:
    item = redirected(county)
    county.later(minutes=9)
    county.act("desk2", "accept", item)
    assert all(row.ended_at <= row.due for row in item.deadlines.all())
    assert (item.deadlines.count(), Escalation.objects.count()) == (2, 0)


def test_nothing_else_begins_the_clock_anew(county: County) -> None:
    item = redirected(county)
    county.act("doc", "urge", item)
    county.act("desk2", "comment", item, text="稍候")
    county.act("out", "name_family_doctor", item, family_doctor="treats")
    minute = timedelta(minutes=1)
    assert clocks(item) == [(0 * minute, 10 * minute, False), (6 * minute, 16 * minute, True)]


def test_nobody_redirects_to_itself(county: County) -> None:
    item = county.submitted(urgency="emergency")
    for who in ("desk", "centre"):
        with pytest.raises(Blocked) as refused:
            county.act(who, "redirect", item, "再等等", receiver="B")
        assert refused.value.text.zh == "改转须选择另一机构"
    assert (Act.objects.filter(step="redirect").count(), len(clocks(item))) == (0, 1)


@pytest.mark.parametrize("confirmed", ["", "B"])
def test_what_the_first_team_confirmed_says_nothing_of_the_next(county: County, confirmed: str) -> None:
    item = county.submitted(**DANGER)
    with pytest.raises(Blocked) as refused:
        county.act("desk", "redirect", item, "导管室检修", receiver="O", team_confirmed=confirmed)
    assert refused.value.text.zh == "活动性出血：须接收团队确认并有医务人员护送"
    held = Referral.objects.get(pk=item.pk)
    assert (held.receiver.code, held.team_confirmed.code, held.state) == ("B", "B", "submitted")
    assert not Act.objects.filter(step="redirect").exists()


def test_with_the_next_teams_confirmation_whoever_is_in_danger_is_sent_on(county: County) -> None:
    item = county.submitted(**DANGER)
    county.act("desk", "redirect", item, "导管室检修", receiver="O", team_confirmed="O")
    held = Referral.objects.get(pk=item.pk)
    assert (held.receiver.code, held.team_confirmed.code) == ("O", "O")


def test_without_danger_no_confirmation_is_asked_for(county: County) -> None:
    item = redirected(county)
    held = Referral.objects.get(pk=item.pk)
    assert (held.receiver.code, held.team_confirmed) == ("O", None)


def test_the_first_receiver_is_confirmed_by_its_own_team(county: County) -> None:
    item = county.written(**DANGER | {"team_confirmed": "O"})
    county.act("doc", "consent", item, consent="家属")
    with pytest.raises(Blocked) as refused:
        county.act("doc", "submit", item)
    assert refused.value.text.zh == "活动性出血：须接收团队确认并有医务人员护送"
    with pytest.raises(Invalid):
        county.act("doc", "amend", item, team_confirmed="on")
    assert Item.objects.get(pk=item.pk).state == "consented"


def test_the_form_asks_whose_team_has_confirmed(county: County) -> None:
    item = county.submitted(**DANGER)
    client = Client()
    client.force_login(county.people["desk"], backend="allauth.account.auth_backends.AuthenticationBackend")
    page = client.get(f"/items/{item.pk}/do/redirect/").content.decode()
    assert ("已确认接收的机构" in page, 'name="team_confirmed"' in page) == (True, True)
