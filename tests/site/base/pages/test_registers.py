"""Pages of a register: proposed by one, confirmed by another, taken in from a file, seen by nobody else."""

from django.core.files.uploadedfile import SimpleUploadedFile
from site_register.models import Quality

from yiheng.site.base.pages.registers import registers_for
from yiheng.site.base.places.models import Post
from yiheng.site.base.register.models import RowState

from ..town import START, Town
from .conftest import Enter

WHERE = "/registers/site_register-quality/"
ROW = {"org": "E", "item": "GLU", "passed": "on", "start": "2026-01-01", "end": "", "source": "质评2026"}


def second(town: Town) -> None:
    Post.objects.create(person=town.people["dan"], role="leader", place=town.east, start=START)


def test_a_row_is_proposed_by_one_and_confirmed_by_another(town: Town, enter: Enter) -> None:
    second(town)
    eva, dan = enter("eva"), enter("dan")
    assert eva.post(f"{WHERE}new/", ROW).status_code == 302
    row = Quality.objects.get()
    assert (row.state, row.proposed_by) == (RowState.DRAFT, town.people["eva"])
    refused = eva.post(f"{WHERE}{row.pk}/confirm/")
    assert refused.status_code == 422
    assert "提出人不能复核自己的登记" in refused.content.decode()
    assert "GLU" in dan.get(f"{WHERE}?show=waiting").content.decode()
    assert dan.post(f"{WHERE}{row.pk}/confirm/").status_code == 302
    row.refresh_from_db()
    assert (row.state, row.confirmed_by) == (RowState.HOLDS, town.people["dan"])
    assert "GLU" in eva.get(f"{WHERE}?day=2026-02-01").content.decode()
    assert "该日没有有效的登记" in eva.get(f"{WHERE}?day=2025-12-31").content.decode()


def test_a_row_is_ended_with_a_reason_by_two(town: Town, enter: Enter) -> None:
    second(town)
    eva, dan = enter("eva"), enter("dan")
    eva.post(f"{WHERE}new/", ROW)
    row = Quality.objects.get()
    dan.post(f"{WHERE}{row.pk}/confirm/")
    without = eva.post(f"{WHERE}{row.pk}/end/", {"day": "2026-03-01", "reason": ""})
    assert (without.status_code, "请填写理由" in without.content.decode()) == (422, True)
    assert eva.post(f"{WHERE}{row.pk}/end/", {"day": "2026-03-01", "reason": "停用"}).status_code == 302
    dan.post(f"{WHERE}{row.pk}/confirm/")
    row.refresh_from_db()
    assert str(row.end) == "2026-03-01"


def test_a_file_with_a_bad_row_is_not_taken(town: Town, enter: Enter) -> None:  # noqa: ARG001
    head = "机构,项目,合格,起,止（不含）\n"
    bad = SimpleUploadedFile("q.csv", (head + "E,GLU,是,2026-01-01,\nNONE,K,是,2026-01-01,\n").encode())
    answer = enter("eva").post(f"{WHERE}file/", {"file": bad, "source": "质评"})
    text = answer.content.decode()
    assert (answer.status_code, Quality.objects.count()) == (422, 0)
    assert "一行也未写入" in text
    assert "NONE" in text
    good = SimpleUploadedFile("q.csv", (head + "E,GLU,True,2026-01-01,\n").encode())
    assert enter("eva").post(f"{WHERE}file/", {"file": good, "source": "质评"}).status_code == 302
    assert Quality.objects.get().source == "质评"


def test_nobody_else_finds_it(town: Town, enter: Enter) -> None:
    eva, lin = enter("eva"), enter("lin")
    eva.post(f"{WHERE}new/", ROW)
    row = Quality.objects.get()
    assert registers_for(town.actor("com")) == {} or "site_register-quality" not in registers_for(town.actor("com"))
    for where in (WHERE, f"{WHERE}new/", f"{WHERE}file/", f"{WHERE}{row.pk}/confirm/"):
        assert enter("com").get(where).status_code == 404
    assert "GLU" not in lin.get(f"{WHERE}?show=waiting").content.decode(), "the other hospital's leader"
    assert lin.post(f"{WHERE}{row.pk}/confirm/").status_code == 404
    wrong = lin.post(f"{WHERE}new/", ROW)
    assert (wrong.status_code, Quality.objects.count()) == (422, 1)
