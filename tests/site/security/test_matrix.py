"""The permission matrix (权限矩阵): every address x every role x own and other place, denied unless the flow says so.

What is expected is worked out from the declarations (`promised`), not by the code that answers; an address that is in
no list fails.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from yiheng.site.base.accounts.models import Person
from yiheng.site.base.audit.models import Look
from yiheng.site.base.flow.declare import Flow, Shows
from yiheng.site.base.flow.models import Act, Item
from yiheng.site.base.flow.registry import flows
from yiheng.site.base.flow.verbs import VERBS
from yiheng.site.base.outsiders.door import make_code
from yiheng.site.base.outsiders.models import QueryCode
from yiheng.site.base.places.roles import known_roles

from .addresses import addresses, operations
from .asking import Asker, asker
from .cells import Cell, all_cells
from .keeping import NAMES as OF_KEEPING
from .keeping import keeping_cells
from .offices import NAMES as OF_OFFICE
from .offices import office_cells
from .promised import Promised, Somebody, somebodies
from .world import PASSWORD, World, entered, fill_up

# The matrix is asked in parts, which several processors share.
PARTS = 2
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
LISTED = OPEN | ACCOUNT | OF_ONESELF | OF_FLOW | OF_ITEM | OF_REGISTER | OF_OFFICE | OF_KEEPING
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


# What the declarations promise


def state_of_all() -> list[object]:
    return [*Item.objects.order_by("pk").values_list("pk", "state", "version"), Act.objects.count()]


def refused() -> int:
    """How many lines the audit has of what was refused, sealed texts aside."""
    return Look.objects.exclude(outcome="seen").exclude(outcome__startswith="vault").count()


def test_every_role_sees_what_the_flow_says_and_a_refusal_is_kept(world: World) -> None:
    """Each asks for one of the items, every third for a list; for all of them in the slow test."""
    before, promised = state_of_all(), Promised(world.items)
    items, all_flows = list(world.items.items()), list(flows().values())
    people = {who.person: who for who in somebodies()}
    for at, (name, person) in enumerate(world.everybody().items()):
        client, who = entered(person), people[person.pk]
        called, item = items[at // 2 % len(items)]
        kept, shows = refused(), promised.shows(who, item)
        answer = client.get(f"/api/items/{item.pk}")
        assert (name, called, answer.status_code) == (name, called, 404 if shows is None else 200)
        assert refused() == kept + (shows is None)
        if at % 3 == 0:
            _assert_list(client, all_flows[at % len(all_flows)], promised, who)
    assert state_of_all() == before


def _assert_list(client: Client, flow: Flow, promised: Promised, who: Somebody) -> None:
    wanted = {item.pk for item in promised.items.values() if item.flow == flow.code and promised.shows(who, item)}
    rows = client.get(f"/api/flows/{flow.code}/items").json()
    found = ({row["id"] for row in rows["items"]}, rows["count"])
    assert (who.name, flow.code, found) == (who.name, flow.code, (wanted, len(wanted)))


def test_sealed_fields_are_opened_by_their_keepers_alone(world: World) -> None:
    item, promised = world.items["referral"], Promised(world.items)
    people = {who.name: who for who in somebodies()}
    for name, person in world.everybody().items():
        if name.split(".")[0] in ("doctor", "referral_desk", "administrator", "auditor", "commission", "nobody"):
            for field in item.its_flow.sealed:
                where, knows = f"/items/{item.pk}/look/{field}/", promised.sees_field(people[name], item, field)
                opened = 200 if promised.opens(people[name], item, field) else 422
                answer = entered(person).post(where, {"reason": "核对患者身份信息"})
                assert (name, answer.status_code) == (name, opened if knows else 404)
                assert entered(person).post(where, {"reason": " \x00"}).status_code == (422 if knows else 404)
                assert entered(person).get(where).status_code == 405


def test_no_officer_sees_or_changes_what_is_medical(world: World) -> None:
    """Whoever runs, secures or audits the site sees no referral; auditors see purchases, and do nothing in them."""
    promised, people = Promised(world.items), {who.name: who for who in somebodies()}
    for role in ("administrator", "security", "auditor"):
        for name in ("referral", "draft", "errand"):
            assert promised.shows(people[f"{role}.own"], world.items[name]) is None
    purchase, auditor = world.items["purchase"], people["auditor.own"]
    assert promised.shows(auditor, purchase) is Shows.ALL
    steps = (*purchase.its_flow.steps, *VERBS)
    assert {promised.may(auditor, purchase, step) for step in steps} == {"sees"}


def test_nobody_elsewhere_sees_or_does_anything(world: World) -> None:
    """The other side holds every role, at other places: not one of them sees one of the items."""
    fill_up(world)
    promised = Promised(world.items)
    others = [who for who in somebodies() if who.name.endswith(".other")]
    assert {role for who in others for role, _ in who.posts} == set(known_roles())
    assert [(who.name, name) for who in others for name, item in world.items.items() if promised.shows(who, item)] == []


def test_every_address_that_roles_differ_in_is_in_the_matrix(world: World) -> None:
    rows = fill_up(world)
    every = (*all_cells(Promised(world.items), rows), *office_cells(world.items), *keeping_cells(world))
    cells = {cell.name for cell in every}
    asked = {f"{each} {path}" for each, path in OPERATIONS}
    assert cells == OF_ONESELF | OF_FLOW | OF_ITEM | OF_REGISTER | OF_OFFICE | OF_KEEPING | asked
    assert {item.flow for item in world.items.values()} == set(flows())


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.soak)])
def test_every_address_for_every_role(
    world: World, part: int, whole: bool, record_property: Callable[[str, object], None]
) -> None:
    """Every page and operation, by every role at the items' hospital and at another, by the author, a patient, nobody.

    Who may is answered, who may not is refused, a refusal is kept in the audit, nothing is changed. The whole of it
    asks for each step in all four ways also where the item is not seen: three times as much.
    """
    rows = fill_up(world)
    cells = [*all_cells(Promised(world.items), rows), *office_cells(world.items), *keeping_cells(world)]
    code = _code(world.items["referral"])
    before, asked = state_of_all(), 0
    with asker(world.hospital.now) as ask:
        for who, person in _column(world, code, part):
            mine = [cell for cell in cells if whole or cell.is_asked(who)]
            kept, door = refused(), code.pk if who and who.let_in else 0
            told = sum(_answered(ask, cell, who, person, door) for cell in mine)
            assert refused() == kept + told
            asked += len(mine)
    assert state_of_all() == before
    record_property("cells", asked)
    print(f"{asked} cells")


def _code(item: Item) -> QueryCode:
    now = timezone.localtime()
    make_code(item, "患者", now + timedelta(days=1))
    return QueryCode.objects.get()


def _column(world: World, code: QueryCode, part: int) -> Iterator[tuple[Somebody | None, Person | None]]:
    """Whom one part of the matrix asks as: those with accounts, in the last part the patient and nobody too."""
    people = {person.pk: person for person in Person.objects.all()}
    every = [who for who in somebodies() if who.name in world.everybody() or who.name == "doc"]
    assert len(every) == 2 * len(known_roles()) + 2
    yield from ((who, people[who.person]) for who in every[part::PARTS])
    if part == PARTS - 1:
        yield Somebody("patient", code.person_id, (), code.item_id), None
        yield None, None


def _answered(ask: Asker, cell: Cell, who: Somebody | None, person: Person | None, code: int) -> bool:
    """Ask for a cell; whether it was refused, which the audit keeps."""
    wanted = cell.statuses(who)
    undo = cell.method == "POST" and cell.name != "unseal" and not wanted <= {403, 404}  # a look is kept for good
    answer = ask.ask(person, code, cell.method, cell.path, cell.body, undo)
    said = (who and who.name, cell.method, cell.path, cell.body)
    assert answer.status_code in wanted, (said, answer.status_code, wanted)
    if answer.status_code == 200 and who is not None:
        cell.check(who, answer)
    return answer.status_code in (403, 404)
