"""No text that somebody types keeps an identity number: not a form, a reason, a register, a file, a name, the API."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.db.models import Model
from django.test import Client
from django.utils import timezone
from site_register.models import Quality

from yiheng.base.refusal import LAST, WEIGHTS
from yiheng.base.words import Word
from yiheng.site.base.accounts.models import Person
from yiheng.site.base.api.tokens import make_token
from yiheng.site.base.audit.models import Look
from yiheng.site.base.breakglass.actions import Terms, actor_at, break_glass, review
from yiheng.site.base.breakglass.models import Glass
from yiheng.site.base.files.keeping import keep
from yiheng.site.base.files.models import File
from yiheng.site.base.files.refused import BadFile
from yiheng.site.base.flow.act import act
from yiheng.site.base.flow.forms import Invalid
from yiheng.site.base.flow.models import Act, Event, Item
from yiheng.site.base.identity import NumberTyped, has_number
from yiheng.site.base.ledger.declare import Ledger, declare
from yiheng.site.base.ledger.models import Cell, Proposal
from yiheng.site.base.ledger.sheets import propose_sheet
from yiheng.site.base.ledger.units import Unit
from yiheng.site.base.outsiders.door import make_code
from yiheng.site.base.outsiders.models import QueryCode
from yiheng.site.base.party import RoleAt
from yiheng.site.base.places.models import Delegation, Place
from yiheng.site.base.places.roles import FINANCE
from yiheng.site.base.posts.founding import found, take_places
from yiheng.site.base.posts.lending import lend
from yiheng.site.base.refused import BadSheet as Sheet
from yiheng.site.base.register.bulk import propose_file
from yiheng.site.base.register.changing import Proposed, confirm, end, propose, reject
from yiheng.site.base.register.refused import BadFile as BadSheet
from yiheng.site.base.register.refused import BadRow
from yiheng.site.base.vault.field import Plain

from .town import NOW, Town, make_person

ZH, EN = "不得含身份证号，请删去", "has an identity number: take it out"
HOUR = timedelta(hours=1)
SPARE = declare(Ledger("test_identity", Word("备用床位", "spare beds"), Unit.BED, keepers=RoleAt(FINANCE, "place")))


def number() -> str:
    """Nobody's: it is made here, so that it stands in no file."""
    body = f"110101{1990:04}0307{1:03}"
    return body + LAST[sum(weight * int(digit) for weight, digit in zip(WEIGHTS, body, strict=True)) % len(LAST)]


HIDDEN = "\u200b"
SPELLED = {
    "plain": lambda its: its,
    "in a sentence": lambda its: f"患者{its}，请接诊",
    "spaced": lambda its: f"{its[:6]} {its[6:14]} {its[14:]}",
    "full width": lambda its: its.translate({ord(str(each)): chr(0xFF10 + each) for each in range(10)}),
    "old form": lambda its: its[:6] + its[8:17],
    "parted by what nobody sees": lambda its: HIDDEN.join(its),
}
spelled = pytest.mark.parametrize("spell", SPELLED.values(), ids=SPELLED.keys())


def rows(*tables: type[Model]) -> list[int]:
    return [table._base_manager.count() for table in tables]


@spelled
def test_it_is_known_in_every_spelling(spell: Callable[[str], str]) -> None:
    assert has_number(spell(number()))
    assert has_number(["血样", spell(number())])


@pytest.mark.parametrize("text", ["", "血样", "13800000000", "转E2026000001", "1101011990030700", 5, None, True, []])
def test_what_is_none(text: object) -> None:
    assert not has_number(text)


def test_a_wrong_check_digit_or_day_is_none() -> None:
    its = number()
    assert not has_number(f"{its[:17]}{(int(its[17], 11) + 1) % 10 if its[17] != 'X' else 1}")
    assert not has_number(f"{its[:10]}1332{its[14:]}")


def test_what_is_sealed_may_have_one() -> None:
    assert not has_number(Plain(number()))


@spelled
def test_a_form_refuses_it_at_its_field(town: Town, spell: Callable[[str], str]) -> None:
    with pytest.raises(Invalid) as wrong:
        town.begin(subject=f"送{spell(number())}"[:100], note="加急")
    assert wrong.value.fields == {"subject": [ZH]}
    assert rows(Item, Act, Event) == [0, 0, 0]


def test_every_text_has_its_line(town: Town) -> None:
    with pytest.raises(Invalid) as wrong:
        town.begin(subject=number(), note=f"家属{number()}")
    assert wrong.value.fields == {"subject": [ZH], "note": [ZH]}


@pytest.mark.parametrize(
    ("who", "step", "data"),
    [
        ("wei", "refuse", {}),
        ("wei", "redirect", {"receiver": "E"}),
        ("wei", "take", {"owner": "wen"}),
        ("dan", "cancel", {}),
        ("dan", "comment", {"text": "好"}),
        ("wei", "pass_on", {"duty": "take", "person": "wen"}),
    ],
)
def test_a_reason_refuses_it(town: Town, who: str, step: str, data: dict[str, str]) -> None:
    item = town.sent()
    before = rows(Act, Event), Item.objects.values().get(pk=item.pk)
    with pytest.raises(Invalid) as wrong:
        town.act(who, step, item, f"因{number()}", **data)
    assert wrong.value.fields == {"reason": [ZH]}
    assert (rows(Act, Event), Item.objects.values().get(pk=item.pk)) == before


def test_a_comment_refuses_it(town: Town) -> None:
    item = town.sent()
    before = rows(Act, Event)
    with pytest.raises(Invalid) as wrong:
        town.act("dan", "comment", item, text=number())
    assert (wrong.value.fields, rows(Act, Event)) == ({"text": [ZH]}, before)


def test_no_line_repeats_it(town: Town) -> None:
    with pytest.raises(Invalid) as wrong:
        act(town.actor("dan"), town.asked("copy", town.sent(), person="wei", shows=number()), NOW)
    assert number() not in str(wrong.value.fields)
    assert list(wrong.value.fields) == ["shows"]


@pytest.mark.parametrize(("language", "line"), [("zh-hans", ZH), ("en", EN)])
def test_the_page_and_the_api_say_so(town: Town, language: str, line: str) -> None:
    data = {"sender": "E", "receiver": "W", "subject": number(), "amount": "90.00", "note": ""}
    client = Client()
    client.force_login(town.people["dan"], backend="allauth.account.auth_backends.AuthenticationBackend")
    client.cookies["django_language"] = language
    page = client.post("/flows/errand/new/begin/", data | {"request": str(uuid4())})
    assert page.status_code == 422
    assert f'id="id_subject_error">{line}</div>' in page.content.decode()
    now = timezone.now()
    token = make_token(town.people["dan"], "test", now, now + HOUR)
    headers = {"Authorization": f"Bearer {token}", "Accept-Language": language, "Idempotency-Key": str(uuid4())}
    body = {"data": data}
    said = Client().post("/api/flows/errand/begin/begin", body, content_type="application/json", headers=headers)
    assert (said.status_code, said.json()["fields"]) == (422, {"subject": [line]})
    assert rows(Item, Act) == [0, 0]


def quality(town: Town, **fields: object) -> Proposed:
    given = {"org": town.east, "item": "GLU", "passed": True} | fields
    source = given.pop("source", "室间质评")
    return Proposed(date(2026, 1, 1), str(source), given)


def test_registers_refuse_it(town: Town) -> None:
    eva = town.actor("eva")
    with pytest.raises(BadRow) as wrong:
        propose(eva, Quality, quality(town, source=number()), NOW)
    assert wrong.value.fields == {"source": [f"{ZH} / {EN}"]}
    with pytest.raises(BadRow) as wrong:
        propose(eva, Quality, quality(town, item=number()[:6] + number()[8:17]), NOW)
    assert wrong.value.fields == {"item": [f"{ZH} / {EN}"]}
    assert rows(Quality) == [0]
    make_person("eve", ("leader", town.east))
    town.people["eve"] = Person.objects.get(username="eve")
    row = propose(eva, Quality, quality(town), NOW)
    with pytest.raises(NumberTyped):
        reject(town.actor("eve"), row, f"见{number()}", NOW)
    held = confirm(town.actor("eve"), row, NOW)
    with pytest.raises(NumberTyped):
        end(eva, held, date(2026, 5, 1), f"见{number()}", NOW)
    held.refresh_from_db()
    assert (held.state, held.reason, held.ending, held.ending_reason) == ("holds", "", None, "")


def test_a_registers_file_refuses_it_with_its_row(town: Town, tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    old = number()[:6] + number()[8:17]
    path.write_text(
        f"机构,项目,合格,起,止（不含）\nE,GLU,true,2026-01-01,\nE,{old},true,2026-01-01,\n", encoding="utf-8"
    )
    with pytest.raises(BadSheet) as wrong:
        propose_file(town.actor("eva"), Quality, path, "q.csv", "质评", NOW)
    assert [str(line) for line in wrong.value.lines] == [f"file q.csv, row 2, column 项目: {ZH} / {EN}"]
    with pytest.raises(NumberTyped):
        propose_file(town.actor("eva"), Quality, path, "q.csv", number(), NOW)
    assert rows(Quality) == [0]


def test_a_sheet_of_places_refuses_it_and_gives_the_row_back_without_it(town: Town, tmp_path: Path) -> None:  # noqa: ARG001
    path, before = tmp_path / "p.csv", list(Place.objects.order_by("pk").values())
    path.write_text(
        f"代码,名称,类别,上级代码,起,止\nN1,一院,机构,14,2026-01-01,\nN2,{HIDDEN.join(number())}院,机构,14,2026-01-01,\n"
        f"{number()},二院,机构,14,2026-01-01,\n",
        encoding="utf-8",
    )
    with pytest.raises(Sheet) as wrong:
        take_places(path, NOW, name="p.csv")
    said = [f"file p.csv, row {row}, column {column}: {ZH} / {EN}" for row, column in ((2, "名称"), (3, "代码"))]
    assert [str(line) for line in wrong.value.lines] == said
    assert wrong.value.rows[2]["name"] == "11****************院"
    assert number() not in str(wrong.value.rows)
    assert list(Place.objects.order_by("pk").values()) == before


def test_a_founders_names_refuse_it(db: None) -> None:  # noqa: ARG001
    for code, name, username in ((number(), "市", "root"), ("14", f"{number()}市", "root"), ("14", "市", number())):
        with pytest.raises(NumberTyped):
            found(code, name, username, NOW, date(2026, 1, 1))
    assert rows(Place, Person) == [0, 0]


def test_a_sheet_of_limits_refuses_it_in_a_row_and_as_its_source(town: Town, tmp_path: Path) -> None:
    keeper = make_person("fin", ("finance", town.east))
    path = tmp_path / "l.csv"
    path.write_text(f"机构代码,额度代码,名称,额度\nE,K1,床位{number()},5\n", encoding="utf-8")
    with pytest.raises(Sheet) as wrong:
        propose_sheet(actor_at(keeper.pk, NOW), SPARE, path, "l.csv", "院办", NOW)
    assert [str(line) for line in wrong.value.lines] == [f"file l.csv, row 1, column 名称: {ZH} / {EN}"]
    path.write_text("机构代码,额度代码,名称,额度\nE,K1,床位,5\n", encoding="utf-8")
    with pytest.raises(NumberTyped):
        propose_sheet(actor_at(keeper.pk, NOW), SPARE, path, "l.csv", f"按{number()}", NOW)
    assert rows(Proposal, Cell) == [0, 0]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_an_exports_reason_refuses_it(town: Town, language: str) -> None:
    town.sent()
    client = Client()
    client.force_login(town.people["dan"], backend="allauth.account.auth_backends.AuthenticationBackend")
    client.cookies["django_language"] = language
    said = client.get("/flows/errand/export.csv", {"reason": f"患者{number()}"})
    assert (said.status_code, Look.objects.get(action="look.export").outcome) == (422, "identity")
    page = said.content.decode()
    assert (ZH if language == "zh-hans" else EN.capitalize()) in page
    assert 'name="reason"' in page, "another may be given"


def test_break_glass_and_its_review_refuse_it(town: Town) -> None:
    doc = make_person("doc", ("doctor", town.west))
    aud = make_person("aud", ("auditor", town.west))
    item, terms = town.begin(), Terms(4 * HOUR, timedelta(days=3), frozenset(("auditor",)))
    with pytest.raises(NumberTyped):
        break_glass(actor_at(doc.pk, NOW), item, f"抢救{number()}需要", HOUR, terms, NOW)
    assert rows(Glass) == [0]
    glass = break_glass(actor_at(doc.pk, NOW), item, "抢救需要查看病情", HOUR, terms, NOW)
    later = NOW + 2 * HOUR
    with pytest.raises(NumberTyped):
        review(actor_at(aud.pk, later), glass, "right", f"患者{number()}", later)
    glass.refresh_from_db()
    assert (glass.verdict, glass.comment, glass.reviewer) == ("", "", None)


def test_a_loans_reason_refuses_it(town: Town) -> None:
    day = timezone.localdate(NOW)
    with pytest.raises(NumberTyped):
        lend(town.actor("wei"), town.people["wen"], day, day + timedelta(days=5), None, "", f"替{number()}", NOW)
    assert rows(Delegation) == [0]


def test_a_query_code_is_for_a_name(town: Town) -> None:
    item, before = town.sent(), Person.objects.count()
    with pytest.raises(NumberTyped):
        make_code(item, f"患者{number()}", NOW + HOUR)
    assert (rows(QueryCode), Person.objects.count()) == ([0], before)


def test_a_files_name_refuses_it(town: Town, settings: object, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "uploads"  # type: ignore[attr-defined]
    with pytest.raises(BadFile) as wrong:
        keep(town.people["dan"], "consent", f"{number()}.txt", [b"yes"], ("text",), 10_000, NOW)
    assert (wrong.value.code, wrong.value.text.zh) == ("file_name", f"文件名{ZH}")
    assert (rows(File), (tmp_path / "uploads").exists()) == ([0], False)
