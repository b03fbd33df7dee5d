"""A referral from consent to the family doctor, and every way in which it ends otherwise."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.utils.timezone import localtime

from yiheng.site.base.audit.models import Look
from yiheng.site.base.document.printing import official_form
from yiheng.site.base.flow.decide import Why
from yiheng.site.base.flow.forms import Invalid
from yiheng.site.base.flow.inbox import inbox
from yiheng.site.base.flow.models import Escalation, Event, Item
from yiheng.site.base.flow.refused import Blocked, NotAllowed
from yiheng.site.base.flow.sight import counted, visible
from yiheng.site.base.ledger.models import Cell
from yiheng.site.base.places.standing import Actor, Standing
from yiheng.site.base.refused import NotDone
from yiheng.site.base.vault import keys
from yiheng.site.region.referral.flow import REFERRAL

from .county import NOW, County


def state(item: Item) -> str:
    return Item.objects.get(pk=item.pk).state


def legs(county: County) -> tuple[int, int]:
    cell = Cell.objects.get(pk=county.slot.pk)
    return cell.held, cell.used


def test_upwards_to_the_end(county: County) -> None:
    item = county.scheduled()
    assert (state(item), legs(county)) == ("scheduled", (1, 0))
    assert Item.objects.get(pk=item.pk).number == "转S2026000001"
    county.act("doc", "depart", item)
    county.now += timedelta(days=1, hours=1)
    county.act("desk", "arrive", item, arrived_at="2026-03-03 10:00")
    assert legs(county) == (0, 1)
    client = Client()
    client.force_login(county.people["desk"], backend="allauth.account.auth_backends.AuthenticationBackend")
    told = client.get(f"/items/{item.pk}/").content.decode().split("<h2>办理记录</h2>")[1]
    assert ("到院时间：2026-03-03 10:00<" in told, "+08:00" in told, "+00:00" in told) == (True, False, False)
    county.act("desk", "feedback", item, outcome="recovered", feedback="支架植入，恢复良好")
    county.act("fam", "close", item)
    steps = list(item.acts.values_list("step", flat=True))
    assert steps == ["write", "consent", "submit", "accept", "schedule", "depart", "arrive", "feedback", "close"]
    assert (state(item), item.todos.count()) == ("closed", 0)


def test_downwards_the_family_doctor_takes_over_first(county: County) -> None:
    down = {"direction": "down", "grounds": ["stable"], "urgency": "routine"}
    item = county.written(**down)
    county.act("doc", "consent", item, consent="家属")
    with pytest.raises(Blocked) as refused:
        county.act("doc", "submit", item)
    assert refused.value.text.zh == "下转须填写：后续治疗方案、复诊日期、须返院的情形"
    plan = {"plan": "口服药", "review_on": "2026-04-01", "red_flags": "胸痛"}
    item = county.in_care(**down, **plan)
    county.act("desk", "feedback", item, outcome="recovered", feedback="稳定")
    with pytest.raises(Blocked) as refused:
        county.act("doc", "close", item)
    assert refused.value.text.zh == "家庭医生尚未确认接续管理"
    county.act("fam", "take_over", item, taken_over="on")
    county.act("doc", "close", item)
    assert state(item) == "closed"


def test_nobody_in_danger_is_sent_alone(county: County) -> None:
    item = county.written(dangers=["bleeding"], escort="on")
    county.act("doc", "consent", item, consent="家属")
    with pytest.raises(Blocked) as refused:
        county.act("doc", "submit", item, reason="急")  # a reason does not help
    assert refused.value.text.zh == "活动性出血：须接收团队确认并有医务人员护送"
    assert state(item) == "consented"


def test_without_the_consent_form_there_is_no_consent(county: County) -> None:
    item = county.written()
    from yiheng.site.base.flow.act import act

    with pytest.raises(Invalid) as refused:
        act(county.actor("doc"), county.asked("consent", item, consent="患者本人"), county.now)
    assert refused.value.fields == {"files": ["“知情同意书”至少1个附件，现有0个"]}


def test_whoever_is_redirected_from_keeps_a_stub(county: County) -> None:
    item = county.submitted()
    county.act("centre", "redirect", item, "床位不足", receiver="O")
    fields = ("number", "state", "direction", "receiver", "diagnosis", "summary", "sender")
    (row,) = visible(REFERRAL, county.actor("desk"), fields)
    shown = {name: getattr(row, f"shown_{name}") for name in fields}
    assert shown == {
        "number": "转S2026000001",
        "state": "submitted",
        "direction": "up",
        "receiver": county.other.pk,
        "diagnosis": None,
        "summary": None,
        "sender": None,
    }
    with pytest.raises(NotAllowed):
        county.act("desk", "accept", item)
    county.act("desk2", "accept", item)


def test_the_receiver_sees_nothing_before_it_is_sent(county: County) -> None:
    item = county.written()
    assert not visible(REFERRAL, county.actor("desk")).exists()
    county.act("doc", "consent", item, consent="患者本人")
    assert not visible(REFERRAL, county.actor("desk")).exists()
    county.act("doc", "submit", item)
    assert visible(REFERRAL, county.actor("desk")).get().pk == item.pk
    assert [todo.step for todo in inbox(county.actor("desk"))] == ["accept"]


def test_the_commission_counts_and_a_stranger_sees_nothing(county: County) -> None:
    county.submitted()
    assert (visible(REFERRAL, county.actor("com")).count(), counted(REFERRAL, county.actor("com")).count()) == (0, 1)
    assert not counted(REFERRAL, county.actor("stranger")).exists()


def test_a_patient_sees_the_way_but_nothing_clinical_and_may_cancel(county: County) -> None:
    item = county.submitted()
    patient = Actor(Standing(county.people["stranger"].pk, county.people["stranger"].pk, items=frozenset((item.pk,))))
    (row,) = visible(REFERRAL, patient, ("number", "state", "receiver", "diagnosis", "summary"))
    assert (row.shown_number, row.shown_receiver) == ("转S2026000001", county.city_hospital.pk)
    assert (row.shown_diagnosis, row.shown_summary) == (None, None)
    from yiheng.site.base.flow.act import act

    act(patient, county.asked("cancel", item, "不去了"), county.now)
    assert state(item) == "cancelled"


def test_a_place_is_held_for_one(county: County) -> None:
    for _ in range(3):
        county.scheduled()
    item = county.submitted()
    county.act("desk", "accept", item)
    with pytest.raises(NotDone) as refused:
        county.act("desk", "schedule", item, slot=str(county.slot.pk))
    assert (refused.value.code, state(item), legs(county)) == ("not_enough", "accepted", (3, 0))


def test_another_hospitals_place_is_not_held(county: County) -> None:
    item = county.submitted(receiver="O")
    county.act("desk2", "accept", item)
    with pytest.raises(Blocked) as refused:
        county.act("desk2", "schedule", item, slot=str(county.slot.pk))
    assert (refused.value.text.zh, legs(county)) == ("所选床位或号源不属于接收机构", (0, 0))


def test_unanswered_it_is_told_then_ends(county: County) -> None:
    item = county.submitted(urgency="emergency")
    county.later(minutes=10)
    assert [(each.deadline.name, each.level) for each in Escalation.objects.all()] == [("answer", 1), ("answer", 2)]
    assert Event.objects.filter(item=item, kind="late").count() == 2
    county.later(minutes=9)
    assert state(item) == "submitted"
    county.later(minutes=1)
    assert state(item) == "expired"


def test_whoever_does_not_come_gives_the_place_back(county: County) -> None:
    item = county.scheduled()
    county.later(days=2, minutes=-1)
    assert (state(item), legs(county)) == ("scheduled", (1, 0))
    county.later(minutes=1)
    assert (state(item), legs(county)) == ("noshow", (0, 0))


def test_cancelled_it_gives_the_place_back(county: County) -> None:
    item = county.scheduled()
    county.act("doc", "cancel", item, "病情变化")
    assert (state(item), legs(county)) == ("cancelled", (0, 0))


def test_a_discharge_that_nobody_registers_is_asked_about(county: County) -> None:
    item = county.scheduled()
    county.now += timedelta(days=1)
    county.act("desk", "arrive", item, arrived_at="2026-03-03 08:00")
    assert {str(todo.step): f"{localtime(todo.due):%F %T}" for todo in item.todos.exclude(due=None)} == {
        "discharge": "2026-04-02 23:59:59",
        "feedback": "2026-04-02 23:59:59",
    }
    county.now = datetime(2026, 4, 2, 23, 59, 58, tzinfo=NOW.tzinfo)
    county.later()
    assert Escalation.objects.count() == 0
    county.later(seconds=1)
    county.later(days=3)
    told = [(each.deadline.name, each.level, each.event.content["turns"]) for each in Escalation.objects.order_by("pk")]
    assert [(name, level, turns[0]["role"]) for name, level, turns in told] == [
        ("discharge", 1, "referral_desk"),
        ("discharge", 2, "commission"),
    ]
    assert state(item) == "in_care", "it is asked about, and nobody is discharged by the clock"
    county.act("doc", "urge", item)
    county.act("desk", "discharge", item, discharged_at="2026-04-05 08:00")
    rows = [(row.name, row.ended_at is None) for row in item.deadlines.order_by("pk")]
    assert rows == [("answer", False), ("discharge", False), ("feedback", True)]


def test_feedback_at_once_ends_the_time_for_the_discharge(county: County) -> None:
    item = county.scheduled()
    county.act("desk", "arrive", item, arrived_at="2026-03-02 09:00")
    county.act("desk", "feedback", item, outcome="sent_back", feedback="未收住院")
    assert (state(item), item.deadlines.filter(ended_at=None).count()) == ("completed", 0)
    county.later(days=60)
    assert Escalation.objects.count() == 0


def test_feedback_is_due_three_working_days_after_the_discharge(county: County) -> None:
    item = county.scheduled()
    county.now += timedelta(days=1)
    county.act("desk", "arrive", item, arrived_at="2026-03-03 08:00")
    county.later(days=7)
    assert [row.name for row in item.deadlines.filter(ended_at=None)] == ["discharge"]
    county.act("desk", "discharge", item, discharged_at="2026-03-09 08:00")
    due = item.todos.get(step="feedback").due
    assert due is not None
    assert due.astimezone(NOW.tzinfo).date() == date(2026, 3, 12)
    county.now = due + timedelta(seconds=1)
    county.later()
    assert [each.deadline.name for each in Escalation.objects.all()] == ["feedback", "feedback"]
    county.act("desk", "feedback", item, outcome="recovered", feedback="稳定")
    assert (state(item), item.deadlines.filter(ended_at=None).count()) == ("completed", 0)


@pytest.mark.parametrize("at", ["2026-03-02 08:00", "2026-03-12 00:00"])
def test_nobody_is_discharged_before_arriving_or_tomorrow(county: County, at: str) -> None:
    item = county.scheduled()
    county.now += timedelta(days=1)
    county.act("desk", "arrive", item, arrived_at="2026-03-03 08:00")
    with pytest.raises(Blocked) as refused:
        county.act("desk", "discharge", item, discharged_at=at)
    assert (refused.value.text.zh, state(item)) == ("出院时间须在到院之后、不晚于现在", "in_care")


def test_only_who_is_registered_for_the_subject_receives(county: County) -> None:
    item = county.written(subject="07")
    county.act("doc", "consent", item, consent="家属")
    with pytest.raises(Blocked) as refused:
        county.act("doc", "submit", item)
    assert (refused.value.text.zh, state(item)) == ("接收机构未登记该诊疗科目", "consented")


def test_sender_and_receiver_are_two(county: County) -> None:
    with pytest.raises(Blocked) as refused:
        county.written(receiver="S")
    assert (refused.value.text.zh, Item.objects.count()) == ("接收机构不能是转出机构", 0)


def test_a_doctor_of_another_hospital_does_not_write_for_this_one(county: County) -> None:
    from yiheng.site.base.flow.act import act

    data = {"direction": "up", "urgency": "routine", "sender": "S", "receiver": "B", "grounds": ["beyond"],
            "subject": "03", "patient": "p", "diagnosis": "I21", "summary": "x"}  # fmt: skip
    with pytest.raises(NotAllowed) as refused:
        act(county.actor("stranger"), county.asked("write", **data), county.now)
    assert (refused.value.why, Item.objects.count()) == (Why.PARTY, 0)


def test_a_name_is_opened_with_a_reason_by_those_who_keep_it(county: County, settings: object, tmp_path: Path) -> None:
    settings.VAULT_KEYS = tmp_path / "vault.keys"  # type: ignore[attr-defined]
    keys.add()
    item = county.submitted(patient_name="甲某", phone="13800000000")
    row = connection.cursor().execute("select patient_name, phone from referral_referral").fetchone()
    assert "甲某" not in row[0]
    assert "138" not in row[1]
    assert all("甲某" not in str(each.data) and "138" not in str(each.data) for each in item.acts.all())

    def look_at(who: str, reason: str) -> tuple[int, str]:
        client = Client()
        client.force_login(county.people[who], backend="allauth.account.auth_backends.AuthenticationBackend")
        answer = client.post(f"/items/{item.pk}/look/patient_name/", {"reason": reason})
        return answer.status_code, answer.content.decode()

    before = Look.objects.filter(action="look.vault", outcome="").count()
    assert "甲某" in look_at("desk", "安排床位需要核对姓名")[1]
    assert Look.objects.filter(action="look.vault").count() == before + 1
    status, page = look_at("desk", "看")
    assert (status, "甲某" in page, "请填写查阅理由" in page) == (422, False, True)
    assert look_at("stranger", "想看看是谁转来的")[0] == 404
    assert look_at("com", "检查工作需要查看")[0] == 404


def test_a_consent_form_is_clinical(county: County) -> None:
    item = county.submitted()
    (file,) = item.files.all()
    county.act("doc", "copy", item, person="stranger", shows="all")

    def given_to(who: str) -> int:
        client = Client()
        client.force_login(county.people[who], backend="allauth.account.auth_backends.AuthenticationBackend")
        assert client.get(f"/items/{item.pk}/").status_code == 200
        answer = client.get(f"/files/{file.pk}/")
        answer.close()
        return answer.status_code

    assert [given_to(who) for who in ("doc", "desk", "stranger")] == [200, 200, 404]


def test_the_official_form_names_what_was_ticked(county: County) -> None:
    item = county.submitted(dangers=["bleeding", "airway"], escort="on", team_confirmed="B")
    page = official_form(item, "summary", lambda name: True, "甲", county.now)
    assert "<td>超出本机构诊疗能力的急危重症</td>" in page
    assert "<td>活动性出血、气道不稳定</td>" in page
    assert page.count("<td>市医院</td>") == 2, "the receiver, and whose team has confirmed"
