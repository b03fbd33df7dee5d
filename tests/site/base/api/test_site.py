"""The API: the same rules as the pages; who is not known is told so before anything is looked up."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from yiheng.site.base.api.models import Token
from yiheng.site.base.api.site import api
from yiheng.site.base.api.tokens import end_token, make_token
from yiheng.site.base.flow.models import Act, Item

from ..town import Town

DATA = {"sender": "E", "receiver": "W", "subject": "血样", "amount": "90.00"}
BEGIN = "/api/flows/errand/begin/begin"


def by_token(town: Town, name: str, days: int = 1) -> Client:
    now = timezone.now()
    return Client(
        headers={"Authorization": f"Bearer {make_token(town.people[name], 'test', now, now + timedelta(days=days))}"}
    )


def post(client: Client, where: str, body: object, key: str | None = None) -> object:
    headers = {"Idempotency-Key": key or str(uuid4())}
    return client.post(where, body, content_type="application/json", headers=headers)


PATHS = [
    (method.upper(), path.replace("{number}", "1").replace("{code}", "errand").replace("{step}", "begin"))
    for path, methods in api.get_openapi_schema(path_prefix="")["paths"].items()
    for method in methods
]


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_who_is_not_known_is_told_so(db: None, method: str, path: str, django_assert_num_queries: object) -> None:  # noqa: ARG001
    if path == "/health":
        return
    answer = Client().generic(method, path, "not json", content_type="application/json")
    assert answer.status_code == 401
    assert answer.json() == {
        "code": "unknown",
        "zh": "请先登录或提供令牌",
        "en": "sign in or give a token",
        "fields": {},
    }


@pytest.mark.parametrize("where", ["/health", "/api/openapi.json"])
def test_some_answer_anyone(db: None, where: str) -> None:  # noqa: ARG001
    assert Client().get(where).status_code == 200


def test_only_health_declares_no_security(db: None) -> None:  # noqa: ARG001
    paths = Client().get("/api/openapi.json").json()["paths"]
    free = [path for path, methods in paths.items() for each in methods.values() if each.get("security") == []]
    assert free == ["/health"]
    assert all(
        each.get("security") for path, methods in paths.items() for each in methods.values() if path != "/health"
    )


def test_a_token_speaks_for_its_person(town: Town) -> None:
    item = town.sent(note="机要")
    client = by_token(town, "wei")
    assert [flow["code"] for flow in client.get("/api/flows").json()] == ["errand"]
    rows = client.get("/api/flows/errand/items").json()
    assert (rows["count"], rows["items"][0]["fields"]["amount"], rows["items"][0]["fields"]["note"]) == (1, 9000, None)
    got = client.get(f"/api/items/{item.pk}").json()
    assert got["fields"]["receiver"] == "W"
    assert "note" not in got["fields"]
    assert {step["step"] for step in got["steps"]} == {"take", "refuse", "redirect"}
    assert client.get("/api/inbox").json()["items"][0]["step"] == "take"


def test_tokens_end(town: Town) -> None:
    client = by_token(town, "wei")
    assert client.get("/api/flows").status_code == 200
    end_token(Token.objects.get(), timezone.now())
    assert client.get("/api/flows").status_code == 401
    assert by_token(town, "wei", days=-1).get("/api/flows").status_code == 401


def test_a_token_is_not_kept(town: Town) -> None:
    now = timezone.now()
    text = make_token(town.people["wei"], "test", now, now)
    assert text not in str(Token.objects.values().get())
    assert text.removeprefix("yh_") not in str(Token.objects.values().get())


def test_a_closed_account_has_no_token(town: Town) -> None:
    client = by_token(town, "wei")
    type(town.people["wei"]).objects.filter(username="wei").update(is_active=False)
    assert client.get("/api/flows").status_code == 401


def test_a_session_needs_its_mark_to_change_something(town: Town) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(town.people["dan"], backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get("/api/flows").status_code == 200
    answer = post(client, BEGIN, {"data": DATA})
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf")
    assert not Item.objects.exists()


def test_a_request_has_one_effect(town: Town) -> None:
    client, key = by_token(town, "dan"), str(uuid4())
    first, second = (post(client, BEGIN, {"data": DATA}, key) for _ in range(2))
    assert first.status_code == 200
    assert first.json() == second.json()
    assert (Item.objects.count(), Act.objects.count()) == (1, 1)
    other = post(client, BEGIN, {"data": DATA | {"subject": "别的"}}, key)
    assert (other.status_code, other.json()["code"]) == (409, "key")


@pytest.mark.parametrize("key", ["", "1", "x" * 500])
def test_a_key_is_needed(town: Town, key: str) -> None:
    answer = by_token(town, "dan").post(
        BEGIN, {"data": DATA}, content_type="application/json", headers={"Idempotency-Key": key}
    )
    assert (answer.status_code, Item.objects.exists()) == (422, False)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"amount": "九十"}, "amount"),
        ({"amount": "1e400"}, "amount"),
        ({"amount": float("nan")}, "amount"),
        ({"amount": -(10**40)}, "amount"),
        ({"receiver": "NOWHERE"}, "receiver"),
        ({"receiver": ["W", "E"]}, "receiver"),
        ({"subject": "x" * 101}, "subject"),
        ({"subject": "a\x00b"}, "body.data.subject.constrained-str"),
        ({"state": "closed"}, "state"),
        ({"author": 1}, "author"),
        ({"subject": {"a": 1}}, "body.data.subject.bool"),
    ],
)
def test_each_field_has_its_line_and_nothing_changes(town: Town, data: dict[str, object], field: str) -> None:  # noqa: ARG001
    answer = post(by_token(town, "dan"), BEGIN, {"data": DATA | data})
    assert answer.status_code == 422
    said = answer.json()
    assert set(said) == {"code", "zh", "en", "fields"}
    named = {name.split(".")[2] if name.startswith("body.data.") else name for name in said["fields"]}
    assert named == {next(iter(data))}
    assert not Item.objects.exists()


def test_half_signs_are_no_text(town: Town) -> None:
    body = '{"data": {"subject": "\\ud800"}}'
    answer = post(by_token(town, "dan"), BEGIN, body)
    assert answer.status_code == 422


@pytest.mark.parametrize("body", ["", "{", "[]", "5", "null", '{"data": 5}', '{"seen": -1}', '{"files": ["x"]}'])
def test_bodies_that_are_none(town: Town, body: str) -> None:
    answer = post(by_token(town, "dan"), BEGIN, body)
    assert answer.status_code in (400, 422)
    assert set(answer.json()) == {"code", "zh", "en", "fields"}


def test_refusals_have_their_status(town: Town) -> None:
    item = town.sent()
    where = f"/api/items/{item.pk}/do/take"
    assert post(by_token(town, "dan"), where, {"seen": 2, "data": {"owner": "dan"}}).status_code == 403
    assert post(by_token(town, "wei"), where, {"seen": 1, "data": {"owner": "wei"}}).status_code == 409
    assert post(by_token(town, "out"), where, {"seen": 2, "data": {"owner": "out"}}).status_code == 404
    assert post(by_token(town, "wei"), where, {"seen": 2, "data": {"owner": "wei"}}).status_code == 200


@pytest.mark.parametrize(("asked", "status"), [("size=100", 200), ("size=101", 422), ("size=0", 422), ("page=0", 422)])
def test_pages_are_bounded(town: Town, asked: str, status: int) -> None:
    assert by_token(town, "wei").get(f"/api/flows/errand/items?{asked}").status_code == status


def test_a_page_beyond_the_last_is_empty(town: Town) -> None:
    town.sent()
    rows = by_token(town, "wei").get("/api/flows/errand/items?page=9").json()
    assert (rows["count"], rows["items"]) == (1, [])


def test_forms(town: Town) -> None:
    item = town.sent()
    form = by_token(town, "wei").get(f"/api/items/{item.pk}/do/take").json()
    assert form == {
        "step": "take",
        "fields": [
            {
                "name": "owner",
                "label": "承办人",
                "kind": "modelchoice",
                "required": True,
                "longest": None,
                "choices": None,
            }
        ],
        "reason": False,
    }
    assert by_token(town, "wei").get(f"/api/items/{item.pk}/do/send").status_code == 404
