"""The permission matrix (权限矩阵): every address x every role x own and other place, denied unless the flow says so.

What is expected is asked of `decide` and `seen` alone, over the declarations; an address that is in no list fails.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from yiheng.site.base.accounts.models import Person
from yiheng.site.base.audit.models import Look
from yiheng.site.base.breakglass.actions import actor_at
from yiheng.site.base.document.models import Content
from yiheng.site.base.files.models import File
from yiheng.site.base.flow.decide import decide
from yiheng.site.base.flow.declare import Flow, Shows, Step
from yiheng.site.base.flow.facts import Facts, facts_of
from yiheng.site.base.flow.models import Act, Item
from yiheng.site.base.flow.registry import flows
from yiheng.site.base.flow.sight import Seen, seen
from yiheng.site.base.flow.verbs import steps as verbs_of
from yiheng.site.base.pages.menu import beginnings
from yiheng.site.base.places.standing import Actor

from .addresses import addresses, operations
from .world import PASSWORD, World, entered

# Open to anyone: signing in, and what answers the same whoever asks.
OPEN = {
    "account_login",
    "account_logout",
    "account_inactive",
    "account_signup",
    "account_reset_password",
    "account_email",
    "socialaccount_signup",
    "socialaccount_login_cancelled",
    "socialaccount_login_error",
    "socialaccount_connections",
    "account_set_password",
    "mfa_authenticate",
    "openid_connect_login",
    "openid_connect_callback",
    "door",
    "language",
}
# One's own account, whatever one's role is.
ACCOUNT = {
    "account_reauthenticate",
    "account_change_password",
    "mfa_index",
    "mfa_reauthenticate",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
}
# One's own things, of a flow, of an item: what the matrix below asks for.
OF_ONESELF = {"inbox", "mine", "notices", "notices_read"}
OF_FLOW = {"list", "export", "counts", "new"}
OF_ITEM = {"item", "print", "do", "file", "form", "unseal", "code"}
# For the parties of a register alone: tests/site/base/pages/test_registers.py.
OF_REGISTER = {"register", "register_new", "register_do", "register_file"}
OPERATIONS = {
    ("GET", "/health"),
    ("GET", "/api/flows"),
    ("GET", "/api/flows/{code}/items"),
    ("GET", "/api/items/{number}"),
    ("GET", "/api/flows/{code}/begin/{step}"),
    ("POST", "/api/flows/{code}/begin/{step}"),
    ("GET", "/api/items/{number}/do/{step}"),
    ("POST", "/api/items/{number}/do/{step}"),
    ("GET", "/api/inbox"),
    ("GET", "/api/notices"),
}
LISTED = OPEN | ACCOUNT | OF_ONESELF | OF_FLOW | OF_ITEM | OF_REGISTER
PAGES = [each for each in addresses() if each.name != "api-root" and not each.route.startswith(("api/", "health"))]


def test_every_address_is_in_a_list() -> None:
    assert {each.name for each in PAGES} == LISTED
    assert {each.name for each in PAGES if each.is_open} == OPEN
    assert set(operations()) == OPERATIONS
    others = {each.path(code="{code}", number="{number}", step="{step}") for each in addresses() if each not in PAGES}
    assert others == {path for _, path in OPERATIONS} | {"/api/openapi.json", "/"}


@pytest.mark.parametrize("method", ["get", "post"])
def test_who_is_not_signed_in_is_led_to_the_door(db: None, method: str) -> None:  # noqa: ARG001
    for each in PAGES:
        if not each.is_open:
            answer = getattr(Client(), method)(each.path(number=1, code="errand", kind="csv"))
            assert (each.name, answer.status_code, answer.headers.get("Location", "").split("?")[0]) == (
                each.name,
                302,
                "/accounts/login/",
            )


def _first(person: Person, client: Client) -> dict[str, str]:
    """Where each address leads that is not open, for somebody who is to do something else first."""
    found = {}
    for each in PAGES:
        if not each.is_open:
            answer = client.get(each.path(number=1, code="errand", kind="csv"))
            found[each.name] = answer.headers.get("Location", str(answer.status_code)).split("?")[0]
            client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return found


def test_a_password_that_another_set_comes_before_everything(world: World) -> None:
    person = world.person("doc")
    person.must_change = True
    person.set_password(PASSWORD)
    person.save()
    led = _first(person, entered(person))
    free = {"account_change_password", "account_reauthenticate"}
    assert {name for name, where in led.items() if where != "/accounts/password/"} == free
    assert entered(person).get("/api/flows").status_code == 401


def test_a_second_factor_comes_before_everything(world: World) -> None:
    person = world.people["administrator", "own"]
    person.authenticator_set.all().delete()
    person.set_password(PASSWORD)
    person.save()
    led = _first(person, entered(person))
    free = {
        "account_change_password",
        "account_reauthenticate",
        "mfa_activate_totp",
        "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes",
        "mfa_reauthenticate",
    }
    assert {name for name, where in led.items() if where != "/accounts/second-factor/totp/activate/"} == free
    assert entered(person).get("/api/flows").status_code == 401


def test_who_was_idle_is_nobody(world: World) -> None:
    for each in PAGES:
        if not each.is_open:
            client = entered(world.person("doc"))
            session = client.session
            session["seen"] = (timezone.now() - timedelta(minutes=31)).isoformat()
            session.save()
            answer = client.get(each.path(number=1, code="errand", kind="csv"))
            assert (each.name, answer.headers["Location"].split("?")[0]) == (each.name, "/accounts/login/")
    assert client.get("/api/flows").status_code == 401


# What the declarations say


_known: dict[tuple[int, str, int], Facts] = {}


def facts(item: Item) -> Facts:
    """The item's facts, read once a version: nothing that is tried here changes them."""
    its = item.its_flow.model.objects.get(pk=item.pk)
    key = (its.pk, its.flow, its.version)
    if key not in _known:
        _known[key] = facts_of(item.its_flow, its)
    return _known[key]


@pytest.fixture(autouse=True)
def _forget() -> None:
    _known.clear()


def sees(item: Item, actor: Actor) -> Seen:
    return seen(item.its_flow, facts(item), actor)


def judged(item: Item, actor: Actor) -> Iterator[tuple[Step, bool]]:
    """Every step and verb of an item's flow, and whether the actor may take it."""
    flow, its = item.its_flow, facts(item)
    whole = seen(flow, its, actor).shows is Shows.ALL
    for step in (*flow.steps, *verbs_of(flow)):
        if not step.begins:
            yield step, whole and decide(flow, step, its, actor).allowed


def state_of_all() -> list[object]:
    return [*Item.objects.order_by("pk").values_list("pk", "state", "version"), Act.objects.count()]


def test_every_role_sees_what_the_flow_says_and_a_refusal_is_kept(world: World) -> None:
    """Each asks for one of the items, every third for a list; for all of them in the slow test."""
    before, now = state_of_all(), timezone.localtime()
    items, all_flows = list(world.items.items()), list(flows().values())
    for at, (name, person) in enumerate(world.everybody().items()):
        client, actor = entered(person), actor_at(person.pk, now)
        for called, item in (items[at // 2 % len(items)],):
            refused = Look.objects.exclude(outcome="seen").count()
            shows = sees(item, actor).shows
            answer = client.get(f"/api/items/{item.pk}")
            assert (name, called, answer.status_code) == (name, called, 404 if shows is None else 200)
            assert Look.objects.exclude(outcome="seen").count() == refused + (shows is None)
        if at % 3 == 0:
            _assert_list(name, client, all_flows[at % len(all_flows)], world, actor)
    assert state_of_all() == before


def _assert_list(name: str, client: Client, flow: Flow, world: World, actor: Actor) -> None:
    wanted = {item.pk for item in world.items.values() if item.flow == flow.code and sees(item, actor).shows}
    rows = client.get(f"/api/flows/{flow.code}/items").json()
    assert (name, flow.code, {row["id"] for row in rows["items"]}, rows["count"]) == (
        name,
        flow.code,
        wanted,
        len(wanted),
    )


def opens(item: Item, name: str, actor: Actor) -> int:
    """The status of opening a sealed field: 404 for who does not see that there is one, 422 for no keeper of it."""
    flow = item.its_flow
    its = flow.model.objects.get(pk=item.pk)
    if not sees(item, actor).field(flow, name):
        return 404
    keeps = (
        role.code == held.role and getattr(its, keeper.field).path in held.above
        for keeper in flow.sealed[name]
        for role in keeper.roles
        for held in actor.own.posts
    )
    return 200 if any(keeps) else 422


def test_sealed_fields_are_opened_by_their_keepers_alone(world: World) -> None:
    item, now = world.items["referral"], timezone.localtime()
    for name, person in world.everybody().items():
        if name.split(".")[0] in ("doctor", "referral_desk", "administrator", "auditor", "commission", "nobody"):
            for field in item.its_flow.sealed:
                where = f"/items/{item.pk}/look/{field}/"
                status = opens(item, field, actor_at(person.pk, now))
                answer = entered(person).post(where, {"reason": "核对患者身份信息"})
                assert (name, answer.status_code) == (name, status)
                assert entered(person).post(where, {"reason": " \x00"}).status_code == (404 if status == 404 else 422)
                assert entered(person).get(where).status_code == 405


def test_no_officer_sees_or_changes_what_is_medical(world: World) -> None:
    """Whoever runs, secures or audits the site sees no referral; auditors see purchases, and change none."""
    for role in ("administrator", "security", "auditor"):
        actor = actor_at(world.people[role, "own"].pk, timezone.localtime())
        for item in (world.items["referral"], world.items["draft"], world.items["errand"]):
            assert sees(item, actor).shows is None
            assert not any(may for _, may in judged(item, actor))
    auditor = actor_at(world.people["auditor", "own"].pk, timezone.localtime())
    own_steps = [step.name for step, may in judged(world.items["purchase"], auditor) if may]
    assert set(own_steps) <= {"comment", "copy"}


def test_nobody_elsewhere_sees_or_does_anything(world: World) -> None:
    """The other side holds every role, at other places: not one of them sees one of the items."""
    now = timezone.localtime()
    for (role, side), person in world.people.items():
        if side == "other":
            actor = actor_at(person.pk, now)
            assert [(role, called) for called, item in world.items.items() if sees(item, actor).shows] == []
            assert [role for item in world.items.values() if any(may for _, may in judged(item, actor))] == []


@pytest.mark.soak
def test_every_address_for_every_role(world: World) -> None:
    """The whole of it: pages, prints, forms, files, lists, exports, statistics, and every step by page and API."""
    before, now = state_of_all(), timezone.localtime()
    for name, person in world.everybody().items():
        client, actor = entered(person), actor_at(person.pk, now)
        for where in ("/", "/mine/", "/notices/"):
            assert (name, client.get(where).status_code) == (name, 200)
        for todo in client.get("/api/inbox?size=100").json()["items"]:
            item = Item.objects.get(pk=todo["item"])
            assert {step.name: may for step, may in judged(item, actor)}[todo["step"]]
        for flow in flows().values():
            _assert_flow(name, client, flow, world, actor)
        for item in world.items.values():
            _assert_item(name, client, item, actor, now)
    assert state_of_all() == before


def _assert_flow(name: str, client: Client, flow: Flow, world: World, actor: Actor) -> None:
    wanted = sum(item.flow == flow.code and bool(sees(item, actor).shows) for item in world.items.values())
    page = client.get(f"/flows/{flow.code}/")
    assert (name, flow.code, len(page.context["rows"])) == (name, flow.code, wanted)
    for kind in ("csv", "xlsx"):
        assert (name, client.get(f"/flows/{flow.code}/export.{kind}").headers["X-Rows"]) == (name, str(wanted))
    counts = client.get(f"/flows/{flow.code}/statistics/").status_code
    assert counts == (200 if flow.counted_by and flow.least_count else 404)
    may = {step.name for step in beginnings(flow, actor)}
    for step in flow.beginnings:
        status = 200 if step.name in may else 404
        where = f"/flows/{flow.code}/new/{step.name}/"
        assert (name, where, client.get(where).status_code) == (name, where, status)
        assert client.get(f"/api/flows/{flow.code}/begin/{step.name}").status_code == status
        if step.name not in may:
            assert client.post(where, {}).status_code == 404


def _assert_item(name: str, client: Client, item: Item, actor: Actor, now: datetime) -> None:  # noqa: ARG001
    sight = sees(item, actor)
    whole = sight.shows is Shows.ALL
    for where in ("", "print/"):
        status = client.get(f"/items/{item.pk}/{where}").status_code
        assert (name, item.pk, where, status) == (name, item.pk, where, 404 if sight.shows is None else 200)
    for form in Content.objects.filter(item=item.pk).values_list("name", flat=True):
        assert client.get(f"/items/{item.pk}/form/{form}/").status_code == (200 if whole else 404)
    for file in File.objects.filter(item=item.pk):
        answer = client.get(f"/files/{file.pk}/")
        answer.close()
        assert answer.status_code == (200 if whole else 404)
    version = Item.objects.get(pk=item.pk).version
    for step, may in judged(item, actor):
        where = f"items/{item.pk}/do/{step.name}"
        assert (name, where, client.get(f"/api/{where}").status_code == 200) == (name, where, may)
        if not may:
            assert client.post(f"/{where}/", {"seen": version}).status_code in (403, 404), (name, where)
            answer = client.post(
                f"/api/{where}",
                {"seen": version},
                content_type="application/json",
                headers={"Idempotency-Key": str(uuid4())},
            )
            assert answer.status_code == (403 if whole else 404), (name, where)
