"""A4, A5, A6 (伪造、脚本、注入): forged forms, frames, redirects, hosts; kept scripts; statements in values."""

import contextlib
import time
from uuid import uuid4

import pytest
from django.conf import settings as its
from django.test import Client
from django.utils import timezone

from yiheng.site.base.audit.models import Look
from yiheng.site.base.files.keeping import keep
from yiheng.site.base.files.kinds import KINDS
from yiheng.site.base.files.names import cleaned
from yiheng.site.base.files.refused import BadFile
from yiheng.site.base.flow.models import Act, Item

from ..base.town import Town, make_town
from .picked import few
from .world import entered

pytestmark = pytest.mark.slow

SCRIPT = "<script>alert(1)</script>"
BREAKS = "\"'><img src=x onerror=alert(1)>{{7*7}}{% debug %}"


@pytest.fixture
def town(db: None) -> Town:  # noqa: ARG001 (the tables)
    return make_town()


def begin(client: Client, **data: str) -> object:
    form = {"sender": "E", "receiver": "W", "subject": "血样", "amount": "90.00", "note": "", "request": str(uuid4())}
    return client.post("/flows/errand/new/begin/", form | data)


# A4


@pytest.mark.parametrize(
    "where",
    few(
        [
            "/flows/errand/new/begin/",
            "/items/1/do/send/",
            "/notices/read/",
            "/language/",
            "/door/",
            "/accounts/login/",
            "/accounts/logout/",
            "/accounts/password/",
            "/accounts/second-factor/totp/activate/",
        ],
        3,
    ),
)
def test_a_form_without_this_sites_mark_is_refused(town: Town, where: str) -> None:
    client, item = entered(town.people["dan"], enforce_csrf_checks=True), town.begin()
    for headers in ({}, {"Origin": "https://evil.example"}, {"X-CSRFToken": "a" * 32}):
        assert client.post(where, {"seen": "1"}, headers=headers).status_code == 403
    item.refresh_from_db()
    assert (item.state, Item.objects.count(), Act.objects.count()) == ("draft", 1, 1)


def test_nothing_is_changed_by_asking_for_a_page(town: Town) -> None:
    client, item = entered(town.people["dan"]), town.begin()
    for where in (f"/items/{item.pk}/do/send/", "/accounts/logout/", "/flows/errand/new/begin/?subject=x&request=1"):
        client.get(where)
    assert (Item.objects.get().version, client.get("/").status_code) == (1, 200)


@pytest.mark.parametrize(
    "where", few(["/", "/door/", "/accounts/login/", "/nowhere/", "/api/flows", "/flows/errand/export.csv"], 3)
)
def test_no_page_is_framed_or_sniffed(town: Town, where: str) -> None:
    headers = entered(town.people["dan"]).get(where).headers
    if where != "/accounts/login/":  # whoever is in is led on
        assert headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


BACK = [
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "javascript:alert(1)",
    "http:///evil.example",
    "https:evil.example",
    "/%0d%0aSet-Cookie:a=b",
    "\thttps://evil.example",
]


@pytest.mark.parametrize("back", few(BACK, 2))
def test_nobody_is_led_elsewhere(town: Town, back: str) -> None:
    town.people["dan"].set_password("Long-pass-12")
    town.people["dan"].save()
    signing = Client().post(f"/accounts/login/?next={back}", {"login": "dan", "password": "Long-pass-12", "next": back})
    language = Client().post("/language/", {"language": "en", "next": back})
    for answer in (signing, language):
        assert answer.status_code == 302
        where = answer.headers["Location"]
        assert where.startswith("/")
        assert "evil.example" not in where.split("?")[0]
        assert not {"\r", "\n"} & set(where)


@pytest.mark.parametrize("host", few(["evil.example", "testserver.evil.example", "testserver@evil.example", "a b"], 2))
def test_a_host_that_is_not_the_sites_gets_nothing(town: Town, host: str) -> None:
    client = entered(town.people["dan"])
    for where in ("/", "/accounts/login/", "/api/flows"):
        answer = client.get(where, headers={"Host": host})
        assert answer.status_code == 400
        assert "evil.example" not in answer.content.decode()
    assert client.get("/", headers={"X-Forwarded-Host": host}).status_code == 200
    assert "evil.example" not in client.get("/", headers={"X-Forwarded-Host": host}).content.decode()


def test_cookies_are_for_this_site_alone() -> None:
    assert its.SESSION_COOKIE_HTTPONLY is True
    assert (its.SESSION_COOKIE_SAMESITE, its.CSRF_COOKIE_SAMESITE) == ("Lax", "Lax")


# A5


@pytest.mark.parametrize(
    "evil", few([SCRIPT, BREAKS, "javascript:alert(1)", "<svg/onload=alert(1)>", "&lt;script&gt;"], 1)
)
def test_a_script_that_is_kept_is_only_ever_a_text(town: Town, evil: str) -> None:
    for name in ("dan", "wei"):
        type(town.people[name]).objects.filter(username=name).update(name=evil)
    type(town.east).objects.filter(pk=town.east.pk).update(name=evil)
    dan = entered(town.people["dan"])
    assert begin(dan, subject=evil, note=evil).status_code == 302
    item = Item.objects.get()
    dan.post(f"/items/{item.pk}/do/send/", {"seen": "1"})
    dan.post(f"/items/{item.pk}/do/comment/", {"text": evil})
    wei = entered(town.people["wei"])
    wei.post(f"/items/{item.pk}/do/refuse/", {"seen": "3", "reason": evil, "broken": evil})
    pages = [
        client.get(where).content.decode()
        for client in (dan, wei)
        for where in (
            "/",
            "/mine/",
            "/flows/errand/",
            f"/?q={evil}&flow={evil}",
            f"/flows/errand/?q={evil}&sort={evil}&state={evil}",
            f"/items/{item.pk}/",
            f"/items/{item.pk}/print/",
            f"/items/{item.pk}/do/comment/",
            "/notices/",
            f"/items/{item.pk}/?done={evil}",
            f"/nowhere/{evil}",
            f"/flows/errand/new/begin/?parent={evil}",
        )
    ]
    pages.append(begin(dan, subject="x" * 101 + evil, amount=evil, request=evil).content.decode())
    for page in pages:
        for live in ("<script>alert", "<img src=x", "<svg/onload", 'href="javascript:', "49{"):
            assert live not in page


def test_a_comment_is_a_text(town: Town) -> None:
    dan = entered(town.people["dan"])
    begin(dan)
    item = Item.objects.get()
    dan.post(f"/items/{item.pk}/do/comment/", {"text": SCRIPT})
    assert Act.objects.filter(step="comment").exists()
    assert SCRIPT not in dan.get(f"/items/{item.pk}/").content.decode()


@pytest.mark.parametrize(
    "name",
    [
        f"{SCRIPT}.pdf",
        "a.svg",
        "../../etc/passwd",
        "..\\..\\x.exe",
        "a\r\nSet-Cookie: x=1.pdf",
        "a\x00.pdf",
        "photo\u202egnp.exe",
        "CON.pdf",
        '"; filename="x.html',
        ".htaccess",
        "a" * 5000,
        "",
        "=cmd|x.pdf",
    ],
)
def test_names_of_files_are_harmless(name: str) -> None:
    made = cleaned(name, KINDS["pdf"])
    assert made.endswith(".pdf")
    assert len(made) <= 120
    assert not set(made) & set('<>:"/\\|?*\r\n\x00\u202e')


# A6


@pytest.mark.parametrize(
    "evil",
    few(
        [
            "' OR 1=1 --",
            '"; DROP TABLE flow_item; --',
            "%' OR '1'='1",
            "_%",
            "\\",
            "{{ settings.SECRET_KEY }}",
            "{% include 'x' %}",
            "${7*7}",
            "%(x)s %s %n",
            "*)(uid=*",
            "$(id)",
            "`id`",
            "\r\nX-Evil: 1",
            "a\u2028b",
            "𝕏" * 30,
        ],
        3,
    ),
)
def test_statements_are_only_ever_values(town: Town, evil: str) -> None:
    item = town.sent(subject="血样")
    dan, wei = entered(town.people["dan"]), entered(town.people["wei"])
    for client, where in ((wei, "/flows/errand/"), (wei, "/"), (wei, "/mine/"), (wei, "/flows/errand/export.csv")):
        answer = client.get(where, {"q": evil, "sort": evil, "state": evil, "flow": evil, "page": evil})
        assert answer.status_code == 200
        assert "X-Evil" not in answer.headers
    assert wei.get("/flows/errand/", {"q": evil}).context["rows"] == []
    assert wei.get("/api/flows/errand/items", {"q": evil}).json()["count"] == 0
    assert dan.post(f"/items/{item.pk}/do/comment/", {"text": evil}).status_code in (302, 422)
    assert Item.objects.get().state == "sent"


def test_a_line_break_makes_no_line_in_the_log(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    entered(town.people["dan"]).get("/items/1/%0d%0aFORGED%20line/")
    assert not any(line.startswith("FORGED") for line in caplog.text.splitlines())


@pytest.mark.parametrize(
    "bomb",
    [
        b"%PDF-1.4\n" + b"stream\n" * 300_000 + b"%%EOF",
        b"%PDF-1.4\n" + b"stream\nendstream\n" * 100_000 + b"%%EOF",
        b"%PDF-1.4\n" + b"<!doctype " + b" " * 2_000_000 + b"%%EOF",
        b"%PDF-1.4\n" + b"/" * 2_000_000 + b"%%EOF",
        b"%PDF-1.4\n" + b"#2" * 1_000_000 + b"%%EOF",
    ],
)
def test_no_file_keeps_the_site_busy(town: Town, bomb: bytes, settings: object, tmp_path: object) -> None:
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]
    began = time.process_time()
    with contextlib.suppress(BadFile):
        keep(town.people["dan"], "x", "a.pdf", [bomb], ("pdf",), 20 << 20, timezone.now())
    assert time.process_time() - began < 2


def test_a_reason_that_is_no_text_is_told_at_its_field(town: Town) -> None:
    item, seen = town.sent(), Look.objects.count()
    for reason in ("a\x00b", "长" * 2001):
        answer = entered(town.people["wei"]).post(f"/items/{item.pk}/do/refuse/", {"seen": "2", "reason": reason})
        assert answer.status_code == 422
        assert "须为不超过2000字的文字" in answer.content.decode()
    assert (Item.objects.get().state, Look.objects.exclude(outcome="seen").count()) == ("sent", seen + 2)
