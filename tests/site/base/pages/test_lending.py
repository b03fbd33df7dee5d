"""Lending on pages: the own posts to a colleague, ended by either; others' loans are not found."""

from datetime import timedelta

from django.utils.timezone import localdate

from yiheng.site.base.audit.models import Entry, Look
from yiheng.site.base.places.models import Delegation

from ..town import Town
from .conftest import Enter


def test_posts_are_lent_and_taken_back(town: Town, enter: Enter) -> None:
    eva, today = enter("eva"), localdate()
    assert "没有授权委托" in eva.get("/lending/").content.decode()
    form = {
        "taker": "edd", "start": today, "last": today + timedelta(days=6), "flow": "errand", "cap": "200.50",
        "reason": "外出学习",
    }  # fmt: skip
    lent = eva.post("/lending/", form)
    assert (lent.status_code, lent.headers["Location"]) == (302, "/lending/")
    loan = Delegation.objects.get()
    assert (loan.giver, loan.taker, loan.start) == (town.people["eva"], town.people["edd"], today)
    assert (loan.end, loan.cap, loan.flow, loan.reason) == (today + timedelta(days=7), 20_050, "errand", "外出学习")
    for client in (eva, enter("edd")):
        (line,) = client.get("/lending/").context["rows"]
        assert (line.loan, line.state, line.last) == (loan, "now", today + timedelta(days=6))
    end = f"/lending/{loan.pk}/end/"
    assert enter("edd").post(end, {"last": ""}).headers["Location"] == "/lending/"
    loan.refresh_from_db()
    assert loan.end == today
    again = eva.post(end, {"last": ""})
    assert (again.status_code, "已在此日或更早终止" in again.content.decode()) == (422, True)
    assert [entry.action for entry in Entry.objects.order_by("seq")] == ["loan.make", "loan.end"]


def test_what_cannot_be_lent_is_said_beside_what_was_typed(enter: Enter) -> None:
    eva, today = enter("eva"), localdate()
    form = {"taker": "edd", "start": today, "last": today, "flow": "", "cap": "", "reason": "休假"}
    for change, said in (
        ({"taker": "nobody"}, "没有使用此登录名的人员"),
        ({"taker": "eva"}, "不能授权给本人"),
        ({"cap": "0"}, "限额须大于零"),
        ({"last": today - timedelta(days=1)}, "终止日须晚于起始日"),
        ({"start": today - timedelta(days=1)}, "起始日不得早于今天"),
    ):
        answer = eva.post("/lending/", form | change)
        assert (answer.status_code, said in answer.content.decode()) == (422, True), change
        assert 'value="休假"' in answer.content.decode()
    wrong = eva.post("/lending/", form | {"cap": "1.234", "flow": "nothing", "reason": "", "last": "x"})
    assert (wrong.status_code, set(wrong.context["form"].errors)) == (422, {"cap", "flow", "reason", "last"})
    assert not Delegation.objects.exists()


def test_a_loan_of_others_is_not_found(enter: Enter) -> None:
    today = localdate()
    enter("eva").post(
        "/lending/", {"taker": "edd", "start": today, "last": today, "flow": "", "cap": "", "reason": "休假"}
    )
    loan, wei = Delegation.objects.get(), enter("wei")
    assert list(wei.get("/lending/").context["rows"]) == []
    end = f"/lending/{loan.pk}/end/"
    assert (wei.get(end).status_code, wei.post(end, {"last": ""}).status_code) == (404, 404)
    loan.refresh_from_db()
    assert loan.end == today + timedelta(days=1)


def test_who_holds_no_post_lends_none(enter: Enter) -> None:
    out = enter("out", "en")
    page = out.get("/lending/").content.decode()
    assert ("You hold no post of your own to lend" in page, '<form class="ask"' in page) == (True, False)
    today = localdate()
    form = {"taker": "edd", "start": today, "last": today, "flow": "", "cap": "", "reason": "x"}
    assert out.post("/lending/", form).status_code == 422
    assert not Delegation.objects.exists()
    assert [look.outcome for look in Look.objects.filter(action="loan.make")] == ["nothing_to_lend"]
