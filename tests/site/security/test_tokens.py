"""A10 (接口攻击): no token, another's, an ended one, an invented one, huge pages, other verbs, deep bodies."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from django.conf import settings as its
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings

from yiheng.site.base.api.models import Token
from yiheng.site.base.api.tokens import end_token, make_token
from yiheng.site.base.audit.models import Look
from yiheng.site.base.flow.models import Act, Item

from .addresses import operations
from .picked import few
from .world import World

pytestmark = pytest.mark.slow

NONE_SIGNED = "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIiwicm9sZSI6ImFkbWluaXN0cmF0b3IifQ."
GUARDED = [each for each in operations() if each[1] != "/health"]


def token(world: World, role: str, side: str = "own", days: int = 1) -> str:
    now = timezone.now()
    return make_token(world.people[role, side], "test", now, now + timedelta(days=days))


def path_of(path: str, item: int = 1) -> str:
    return path.replace("{number}", str(item)).replace("{code}", "referral").replace("{step}", "accept")


def ask(method: str, path: str, **headers: str) -> Any:
    return Client(headers=headers).generic(method, path, "{}", content_type="application/json")


def state() -> object:
    return [*Item.objects.order_by("pk").values_list("pk", "state", "version"), Act.objects.count()]


@pytest.mark.parametrize(
    "said",
    few(
        [
            "",
            "Bearer",
            "Bearer ",
            "Bearer x",
            f"Bearer {NONE_SIGNED}",
            "Bearer yh_" + "A" * 43,
            "Basic ZG9jOng=",
            "bearer null",
            "Bearer ' OR 1=1 --",
            "Bearer \udcff",
            "Bearer " + "a" * 20_000,
        ],
        5,
    ),
)
def test_who_has_no_token_gets_nothing(world: World, said: str) -> None:
    before = state()
    for method, path in GUARDED:
        answer = ask(
            method, path_of(path, world.items["referral"].pk), Authorization=said.encode("utf-8", "replace").decode()
        )
        assert (method, path, answer.status_code, answer.json()["code"]) == (method, path, 401, "unknown")
    assert state() == before


def _ended(world: World) -> str:
    text = token(world, "referral_desk")
    end_token(Token.objects.get(), timezone.now())
    return text


def _closed(world: World) -> str:
    text, person = token(world, "referral_desk"), world.people["referral_desk", "own"]
    type(person).objects.filter(pk=person.pk).update(is_active=False)
    return text


@pytest.mark.parametrize(
    "of",
    [
        _ended,
        _closed,
        lambda world: token(world, "referral_desk", days=-1),
        lambda world: token(world, "referral_desk")[:-1],
    ],
)
def test_tokens_that_are_over(world: World, of: Callable[[World], str]) -> None:
    text, before = of(world), state()
    for method, path in GUARDED:
        assert ask(method, path_of(path), Authorization=f"Bearer {text}").status_code == 401
    assert state() == before


def test_a_token_elsewhere_than_in_its_header_is_none(world: World) -> None:
    text = token(world, "referral_desk")
    for where in (
        f"/api/flows?token={text}",
        f"/api/flows?access_token={text}",
        f"/api/flows?Authorization=Bearer%20{text}",
    ):
        assert Client().get(where).status_code == 401
    client = Client()
    client.cookies[its.SESSION_COOKIE_NAME] = text
    assert client.get("/api/flows").status_code == 401
    assert Client().get("/api/flows", headers={"X-Authorization": f"Bearer {text}"}).status_code == 401


def test_anothers_token_does_no_more_than_its_person(world: World) -> None:
    item, before = world.items["referral"], state()
    said = {"Authorization": f"Bearer {token(world, 'referral_desk', 'other')}"}
    assert ask("GET", f"/api/items/{item.pk}", **said).status_code == 404
    key = {"Idempotency-Key": str(uuid4())}
    assert ask("POST", f"/api/items/{item.pk}/do/accept", **said, **key).status_code == 404
    assert state() == before
    kept = Look.objects.filter(person=world.people["referral_desk", "other"]).exclude(outcome="seen")
    assert kept.count() == 2


def test_a_request_key_of_anothers_act_shows_nothing(world: World) -> None:
    done, before = world.again("referral").acts.last(), state()
    said = {"Authorization": f"Bearer {token(world, 'doctor', 'other')}", "Idempotency-Key": str(done.request)}
    body = {"data": {"sender": "H-other", "receiver": "H-own", "subject": "x", "amount": "1", "note": ""}}
    answer = Client(headers=said).post("/api/flows/errand/begin/begin", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (409, "key")
    assert state() == before


@pytest.mark.parametrize(
    "query",
    few(
        [
            "size=101",
            "size=1000000000",
            "size=-1",
            "page=0",
            "page=99999999999999999999",
            "size=1e9",
            "size=",
            "page=1;DROP",
            "q=" + "a" * 101,
            "q=%00",
            "sort=" + "-" * 101,
        ],
        4,
    ),
)
def test_pages_have_their_bounds(world: World, query: str) -> None:
    client = Client(headers={"Authorization": f"Bearer {token(world, 'referral_desk')}"})
    answer = client.get(f"/api/flows/referral/items?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "unread")


@pytest.mark.parametrize("method", few(["PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", "HEAD", "CONNECT", "BREW"], 3))
def test_other_verbs_do_nothing(world: World, method: str) -> None:
    said, before = {"Authorization": f"Bearer {token(world, 'referral_desk')}"}, state()
    for _, path in operations():
        answer = ask(method, path_of(path, world.items["referral"].pk), **said)
        assert answer.status_code in (401, 405), path
    assert state() == before


@pytest.mark.parametrize(
    "body",
    few(
        [
            "[" * 100_000,
            '{"data":' * 5_000 + "1" + "}" * 5_000,
            '{"data": {"x": ' + "9" * 5_000 + "}}",
            '{"seen": 1e999}',
            "\xff\xfe",
            '{"seen": true, "data": null}',
            '{"data": {"' + "k" * 30_000 + '": 1}}',
            '{"files": [' + "1," * 2_000 + "1]}",
            '{"a": 1, "a": 2}',
            '{"__class__": "x", "data": {"__init__": "y"}}',
        ],
        4,
    ),
)
def test_bodies_that_are_out_of_measure(world: World, body: str) -> None:
    item, before = world.items["referral"], state()
    said = {"Authorization": f"Bearer {token(world, 'referral_desk')}", "Idempotency-Key": str(uuid4())}
    answer = Client(headers=said).generic(
        "POST", f"/api/items/{item.pk}/do/reject", body, content_type="application/json"
    )
    assert answer.status_code in (400, 409, 422)
    assert set(answer.json()) == {"code", "zh", "en", "fields"}
    assert state() == before


def test_a_body_that_is_too_large_is_told_so(world: World) -> None:
    said = {"Authorization": f"Bearer {token(world, 'referral_desk')}", "Idempotency-Key": str(uuid4())}
    body = '{"reason": "' + "a" * (3 << 20) + '"}'
    answer = Client(headers=said).generic(
        "POST", f"/api/items/{world.items['referral'].pk}/do/reject", body, content_type="application/json"
    )
    assert answer.status_code in (400, 413, 422)


@pytest.mark.slow
def test_nothing_that_the_page_of_the_api_allows_is_a_fault(world: World) -> None:
    """Schemathesis, in process: 60 requests for each operation, as it says and as it does not.

    Every other names an item, a flow and a step that there are, so that more than the addresses are tried.
    """
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", WSGIHandler())
    said = {"Authorization": f"Bearer {token(world, 'referral_desk')}"}
    real = {"number": world.items["referral"].pk, "code": "referral", "step": "accept"}
    done = {each.ok().label: _ask_often(each.ok(), said, real) for each in schema.get_all_operations()}
    assert set(done) == {f"{method} {path}" for method, path in operations()}
    never = {label for label, statuses in done.items() if 200 not in statuses}
    begins, does = "/api/flows/{code}/begin/{step}", "POST /api/items/{number}/do/{step}"
    assert never <= {f"GET {begins}", f"POST {begins}", does}, "a desk begins none, and rarely says the right version"
    assert done[does] & {200, 409}, "it came as far as the item"


def _ask_often(operation: Any, said: dict[str, str], real: dict[str, object]) -> set[int]:
    """The statuses of the answers; no fault among them, and each refusal in the one form."""
    statuses: list[int] = []

    @given(operation.as_strategy())
    @settings(
        max_examples=60,
        deadline=None,
        database=None,
        derandomize=True,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    def asks(case: Any) -> None:
        if len(statuses) % 2 == 0 and case.path_parameters:
            case.path_parameters = {name: real[name] for name in case.path_parameters}
        answer = case.call(headers=said)
        statuses.append(answer.status_code)
        assert answer.status_code < 500, (operation.label, case.path_parameters, case.query, case.body)
        if operation.path != "/health" and answer.status_code >= 400 and answer.status_code != 405:
            assert set(answer.json()) == {"code", "zh", "en", "fields"}

    asks()
    return set(statuses)
