"""The official form: what was frozen, only what the reader may see, with number, digest, acts and footer."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.contrib.staticfiles import finders
from django.utils.translation import override
from site_small.flow import ERRAND

from yiheng.base.words import Word
from yiheng.site.base.document.freezing import Freeze
from yiheng.site.base.document.models import Content
from yiheng.site.base.document.numbers import GiveNumber
from yiheng.site.base.document.printing import official_form
from yiheng.site.base.document.refused import Changed, NothingFrozen
from yiheng.site.base.document.signing import Sign
from yiheng.site.base.flow import registry
from yiheng.site.base.flow.models import Item

from ..town import NOW, Town

FIELDS = ("sender", "receiver", "subject", "amount", "note")


@pytest.fixture
def sent(town: Town, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Item]:
    does = (Freeze("paper", FIELDS), Sign("paper"), GiveNumber())
    steps = tuple(replace(step, does=does if step.name == "send" else ()) for step in ERRAND.steps)
    monkeypatch.setitem(registry._flows, "errand", (replace(ERRAND, steps=steps),))

    def make(**data: object) -> Item:
        return ERRAND.model.objects.get(pk=town.sent(**data).pk)

    return make


def form(item: Item, *hidden: str, title: Word | None = None) -> str:
    return official_form(item, "paper", lambda name: name not in hidden, "丹", NOW, title=title)


def test_the_form_in_chinese(sent: Callable[..., Item]) -> None:
    page = form(sent(amount="1234.50"), title=Word("外送申请单", "errand form"))
    content = Content.objects.get()
    for said in (
        '<html lang="zh-CN">',
        "<title>外送申请单 差E2026000001</title>",
        '<th scope="row">派出机构</th><td>东院</td>',
        '<th scope="row">金额</th><td>1,234.50元</td>',
        '<th scope="row">备注</th><td>加急</td>',
        "<td>送出</td><td>丹</td><td>2026-03-02 09:00</td>",
        "签署记录（系统登记，非电子签名）",
        f"SHA-256 {content.digest}",
        "差E2026000001 · 第1版 · 固定于 2026-03-02 09:00 · 打印 丹 2026-03-02 09:00",
        '<link rel="stylesheet" href="/static/document/form.css">',
    ):
        assert said in page
    assert "<style" not in page
    assert "style=" not in page
    assert "<script" not in page
    assert finders.find("document/form.css")


def test_the_form_in_english(sent: Callable[..., Item]) -> None:
    item = sent()
    with override("en"):
        page = form(item)
    for said in ('<html lang="en">', "errand 差E2026000001", ">amount</th><td>90.00 yuan</td>", "version 1"):
        assert said in page


def test_what_the_reader_may_not_see_is_not_there(sent: Callable[..., Item]) -> None:
    page = form(sent(note="只给承办人看"), "note")
    assert "只给承办人看" not in page
    assert "备注" not in page


def test_what_people_typed_stays_text(sent: Callable[..., Item]) -> None:
    page = form(sent(subject="<script>alert(1)</script>", note="一\n二"))
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<td>一<br>二</td>" in page


def test_the_form_says_what_was_frozen_not_what_the_item_says_now(town: Town, sent: Callable[..., Item]) -> None:
    item = sent()
    type(item).objects.filter(pk=item.pk).update(subject="改过")
    page = form(ERRAND.model.objects.get(pk=item.pk))
    assert "血样" in page
    assert "改过" not in page
    Content.objects.update(data={"subject": "改过"})
    with pytest.raises(Changed):
        form(item)
    with pytest.raises(NothingFrozen):
        official_form(item, "other", lambda name: True, "丹", NOW)
    assert town.people["dan"].name == "丹"
