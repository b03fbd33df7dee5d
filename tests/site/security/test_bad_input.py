"""Bad input (乱填): whatever is filled in, each field has a clear line in the reader's language; nothing changes."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yiheng.site.base.audit.models import Entry
from yiheng.site.base.flow.forms import form_class
from yiheng.site.base.flow.models import Act, Event, Item
from yiheng.site.base.flow.registry import flow_of
from yiheng.site.base.flow.verbs import VERBS
from yiheng.site.base.ledger.models import Hold

from .world import World, entered

pytestmark = pytest.mark.slow

CJK = re.compile("[\u4e00-\u9fff]")
# No Chinese in what is typed, so that a line's language is its own.
SIGNS = st.characters(exclude_categories=("Cs",), max_codepoint=0x2FFF) | st.sampled_from(
    "\x00\n\r\t\U0001d54f\ufe0f\u202e"
)
TEXTS = st.text(SIGNS, max_size=40)
GARBAGE = st.one_of(
    TEXTS,
    st.sampled_from(
        [
            "",
            " ",
            "-1",
            "0",
            "1e999",
            "NaN",
            "Infinity",
            "-0.001",
            "9" * 400,
            "0x10",
            "1_000",
            "٣",
            "2026-02-30",
            "0000-00-00",
            "9999999999",
            "true",
            "null",
            "[]",
            "{}",
            "a" * 3000,
            "\x00",
            "%s",
            "{0}",
            "2026-13-01T25:61",
            "10000-01-01",
            "0001-01-01T00:00",
        ]
    ),
)
# By step who takes it: those of the two services that stand open in the world, and the verbs of every flow.
STEPS = [
    ("referral", "write", None, ("doctor", "own")),
    ("procurement", "ask", None, ("head", "own")),
    ("referral", "amend", "draft", "doc"),
    ("referral", "consent", "draft", "doc"),
    ("referral", "redirect", "referral", ("referral_desk", "own")),
    ("procurement", "approve", "purchase", ("purchase_office", "own")),
    ("bid", "lodge", "open", ("purchasing", "own")),
    ("bid", "withdraw_bid", "bid", ("purchasing", "own")),
    *(("referral", verb, "referral", ("referral_desk", "own")) for verb in ("comment", "copy", "pass_on")),
    ("procurement", "add_signer", "purchase", ("purchase_office", "own")),
]


def kept() -> list[object]:
    """Everything that an act writes."""
    return [
        *Item.objects.order_by("pk").values_list(),
        Act.objects.count(),
        Event.objects.count(),
        Entry.objects.count(),
        *Hold.objects.order_by("pk").values_list(),
    ]


def fields(flow: str, step: str) -> list[str]:
    named = {each.name: each for each in (*flow_of(flow).steps, *VERBS)}[step]
    return list(form_class(flow_of(flow), named).base_fields)


def _client(world: World, who: Any, language: str) -> Client:
    person = world.person(who) if isinstance(who, str) else world.people[who]
    return entered(person, headers={"Accept-Language": language})


def _asked(world: World, flow: str, step: str, item: str | None) -> tuple[str, dict[str, Any]]:
    if item is None:
        return f"/api/flows/{flow}/begin/{step}", {}
    its = world.items[item]
    if flow == "bid" and its.flow == "procurement":
        return f"/api/flows/bid/begin/{step}", {"parent": its.pk}
    return f"/api/items/{its.pk}/do/{step}", {"seen": Item.objects.get(pk=its.pk).version}


def _send(client: Client, where: str, body: dict[str, Any]) -> Any:
    return client.post(where, body, content_type="application/json", headers={"Idempotency-Key": str(uuid4())})


def _lines(said: dict[str, Any], language: str) -> Iterator[str]:
    texts = [line for lines in said["fields"].values() for line in lines]
    for text in texts:
        assert text.strip(), said
        assert "\n" not in text, said
        assert "\r" not in text, said
        assert len(text) <= 400, said
        assert bool(CJK.search(text)) == (language == "zh"), text
    yield from texts


def _check(world: World, asked: tuple[str, str, str | None, Any], data: dict[str, str], reason: str) -> None:
    flow, step, item, who = asked
    before = kept()
    where, body = _asked(world, flow, step, item)
    for language in ("zh", "en"):
        with transaction.atomic():
            answer = _send(_client(world, who, language), where, body | {"data": data, "reason": reason})
            transaction.set_rollback(answer.status_code == 200)
        assert answer.status_code in (200, 403, 409, 422), answer.content
        if answer.status_code != 200:
            said = answer.json()
            assert CJK.search(said["zh"])
            assert said["en"]
            assert list(_lines(said, language)) or said["code"] != "invalid"
        assert kept() == before


def _asks_with(count: int, world: World, asked: tuple[str, str, str | None, Any]) -> None:
    names = fields(asked[0], asked[1])
    given_ = st.fixed_dictionaries({}, optional=dict.fromkeys([*names, "none_such"], GARBAGE))

    @settings(
        max_examples=count, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(given_, TEXTS)
    def asks(data: dict[str, str], reason: str) -> None:
        _check(world, asked, data, reason)

    asks()


@pytest.mark.property
@pytest.mark.parametrize("asked", STEPS[:2], ids=lambda asked: asked[1])
def test_garbage_in_a_beginning(world: World, asked: tuple[str, str, str | None, Any]) -> None:
    _asks_with(8, world, asked)


@pytest.mark.property
def test_a_little_garbage_in_the_form_of_every_step(world: World) -> None:
    for asked in STEPS[2:]:
        _asks_with(2, world, asked)


@pytest.mark.soak
@pytest.mark.property
@pytest.mark.parametrize("asked", STEPS, ids=lambda asked: asked[1])
def test_garbage_in_every_form(world: World, asked: tuple[str, str, str | None, Any]) -> None:
    _asks_with(60, world, asked)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_page_tells_the_same_lines(world: World, language: str) -> None:
    """Each field of the form, filled in wrongly, has its own line on the page."""
    client = entered(world.people["head", "own"])
    client.cookies["django_language"] = language
    names = [name for name in fields("procurement", "ask") if name not in ("license_number", "name", "need", "code")]
    before = kept()
    page = client.post("/flows/procurement/new/ask/", dict.fromkeys(names, "?\x00?")).content.decode()
    for name in names:
        line = re.search(f'id="id_{name}_error">([^<]+)<', page)
        assert line, name
        assert bool(CJK.search(line[1])) == (language != "en"), line[1]
    assert kept() == before


def test_the_language_of_the_person_is_that_of_the_lines(world: World) -> None:
    for header, chinese in (("zh-CN,zh;q=0.9", True), ("en-GB,en;q=0.8", False), ("de", True), ("", True)):
        client = entered(world.people["head", "own"], headers={"Accept-Language": header})
        for body in ({"data": {"amount": "x"}}, {"data": {"amount": "1"}, "seen": -1}, {"files": ["x"]}):
            said = _send(client, "/api/flows/procurement/begin/ask", body).json()
            assert all(bool(CJK.search(line)) == chinese for lines in said["fields"].values() for line in lines), said
