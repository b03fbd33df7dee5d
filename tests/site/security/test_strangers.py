"""A1, A2 (越权): another hospital's items are not read, listed, counted, exported, searched, sorted or guessed.

Each try is refused, leaves a line in the audit, and changes nothing.
"""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db.models import Max
from django.utils import timezone

from yiheng.site.base.audit.models import Look
from yiheng.site.base.flow.act import Asked, act
from yiheng.site.base.flow.forms import Invalid
from yiheng.site.base.flow.models import Act, Item
from yiheng.site.base.flow.refused import Missing, NotAllowed
from yiheng.site.base.places.models import Post
from yiheng.site.base.places.standing import actor_of
from yiheng.site.base.posts.actions import NotGranted, grant
from yiheng.site.base.posts.lending import lend

from .picked import few
from .world import World, entered, post

SECRETS = ("胸痛", "p-1", "I21.0", "供应商1", "血样", "机要", "手套", "口罩")


def refusals() -> int:
    return Look.objects.exclude(outcome="seen").count()


def rows_of(world: World, name: str) -> object:
    return type(world.again(name)).objects.filter(pk=world.items[name].pk).values().get()


@pytest.mark.parametrize(
    ("role", "name"),
    few(
        [
            ("referral_desk", "referral"),
            ("doctor", "referral"),
            ("head", "purchase"),
            ("finance", "open"),
            ("purchasing", "bid"),
            ("errand_desk", "errand"),
            ("auditor", "purchase"),
        ],
        3,
    ),
)
def test_another_hospitals_item_is_not_there(world: World, role: str, name: str) -> None:
    client, item, before = entered(world.people[role, "other"]), world.items[name], rows_of(world, name)
    wheres = [
        f"/items/{item.pk}/",
        f"/items/{item.pk}/print/",
        f"/items/{item.pk}/form/summary/",
        f"/api/items/{item.pk}",
    ]
    nothing = client.get("/items/9/").content
    for where in wheres:
        seen = refusals()
        answer = client.get(where)
        assert (where, answer.status_code, refusals()) == (where, 404, seen + 1)
        assert not any(secret in answer.content.decode() for secret in SECRETS)
    found = client.get(wheres[0]).content
    assert len(found) == len(nothing), "as if it were not there"
    assert rows_of(world, name) == before


@pytest.mark.parametrize(
    "question",
    few(["", "?q=%E8%83%B8", "?q=I21", "?q=H-own", "?sort=diagnosis", "?sort=-amount", "?state=submitted"], 1),
)
def test_lists_searches_and_sorts_find_nothing_of_others(world: World, question: str) -> None:
    for role, flow in (("referral_desk", "referral"), ("head", "procurement"), ("purchasing", "bid")):
        client = entered(world.people[role, "other"])
        page = client.get(f"/flows/{flow}/{question}")
        assert (page.status_code, len(page.context["rows"])) == (200, 0)
        assert client.get(f"/api/flows/{flow}/items{question}").json()["count"] == 0
        assert client.get(f"/flows/{flow}/export.csv{question}").headers["X-Rows"] == "0"


@pytest.mark.parametrize("number", few(["0", "-1", "1e3", "9" * 18, "9" * 19, "9" * 400, "1 OR 1=1", "%00", "٣"], 4))
def test_numbers_that_are_guessed(world: World, number: str) -> None:
    client = entered(world.people["referral_desk", "other"])
    for where in (f"/items/{number}/", f"/files/{number}/"):
        assert client.get(where).status_code == 404
    assert client.get(f"/api/items/{number}").status_code in (404, 422)


def test_other_wards_and_doctors(world: World) -> None:
    """A head sees the own ward's purchases only; a doctor, of another sender, no referral; a form lists none of it."""
    other_ward = type(world.places["small"]).objects.create(
        code="W2",
        name="二病区",
        kind="department",
        parent=world.places["institution.own"],
        path="/14/14-own/H-own/W2/",
        start=world.places["small"].start,
    )
    head = world.people["nobody", "other"]
    post(head, "head", other_ward)
    client = entered(head)
    assert client.get(f"/items/{world.items['purchase'].pk}/").status_code == 404
    assert client.get("/api/flows/procurement/items").json()["count"] == 0
    doctor = entered(world.people["doctor", "own"])
    assert doctor.get(f"/items/{world.items['referral'].pk}/").status_code == 404


def test_a_form_lists_no_budgets_beds_or_suppliers_of_others(world: World) -> None:
    own = entered(world.people["head", "own"]).get("/flows/procurement/new/ask/").content.decode()
    other = entered(world.people["head", "other"]).get("/flows/procurement/new/ask/").content.decode()
    assert ("供应商1" in own, "他院供应商" in own) == (True, False)
    assert ("供应商1" in other, "他院供应商" in other) == (False, True)


def test_another_hospitals_budget_and_supplier_are_refused(world: World) -> None:
    hospital = world.hospital
    cell = type(hospital.budget).objects.get(key="other|2026")
    supplier = type(hospital.suppliers[0]).objects.get(code="9115")
    items, seen = Item.objects.count(), refusals()
    for wrong in ({"budget": str(cell.pk)}, {"supplier": str(supplier.pk)}):
        form = {name: str(value) for name, value in hospital.request(**wrong).items()}
        answer = entered(world.people["head", "own"]).post("/flows/procurement/new/ask/", form)
        assert answer.status_code == 422
    assert (Item.objects.count(), refusals()) == (items, seen + 2)


def test_a_copy_is_the_only_way_to_show_more_and_shows_no_tagged_field(world: World) -> None:
    desk, other = world.people["referral_desk", "own"], world.people["referral_desk", "other"]
    form = {"seen": "", "person": other.username, "shows": "all", "request": str(uuid4())}
    answer = entered(desk).post(f"/items/{world.items['referral'].pk}/do/copy/", form)
    assert answer.status_code == 302
    page = entered(other).get(f"/items/{world.items['referral'].pk}/").content.decode()
    assert not any(secret in page for secret in ("胸痛", "p-1", "I21.0"))
    assert Act.objects.filter(step="copy", person=desk).count() == 1


# A2


@pytest.mark.parametrize(
    "extra",
    few(
        [
            {"author": "1"},
            {"author_id": "1"},
            {"state": "closed"},
            {"org_id": "1"},
            {"matter": "1"},
            {"number": "X"},
            {"version": "0"},
            {"is_active": "1"},
            {"role": "administrator"},
            {"posts": "1"},
            {"item_ptr": "1"},
            {"pk": "1"},
            {"id": "1"},
        ],
        2,
    ),
)
def test_what_a_form_does_not_ask_for_is_refused(world: World, extra: dict[str, str]) -> None:
    items, seen, form = Item.objects.count(), refusals(), world.hospital.request() | extra
    answer = entered(world.people["head", "own"]).post("/flows/procurement/new/ask/", form)
    assert (answer.status_code, Item.objects.count(), refusals()) == (422, items, seen + 1)
    head = actor_of(world.people["head", "own"].pk, timezone.localdate())
    with pytest.raises(Invalid) as refused:
        act(head, Asked("procurement", "ask", uuid4(), data=form), timezone.localtime())
    assert set(refused.value.fields) == set(extra)


def test_somebody_elses_place_in_the_form_is_refused(world: World) -> None:
    """Who asks for a ward that is another's is not its head, whatever the form says."""
    items, seen = Item.objects.count(), refusals()
    answer = entered(world.people["head", "other"]).post("/flows/procurement/new/ask/", world.hospital.request())
    assert (answer.status_code, Item.objects.count(), refusals()) == (403, items, seen + 1)


def test_nobody_grants_an_own_post_nor_beyond_the_own_place(world: World) -> None:
    now, day = timezone.localtime(), timezone.localdate()
    admin, other = world.people["administrator", "own"], world.people["nobody", "other"]
    actor = actor_of(admin.pk, day)
    before, seen = list(Post.objects.values()), refusals()
    tries = [
        (actor, admin, "leader", world.places["institution.own"]),
        (actor, admin, "auditor", world.places["institution.own"]),
        (actor, other, "leader", world.places["institution.other"]),
        (actor_of(world.people["leader", "own"].pk, day), other, "leader", world.places["institution.own"]),
        (actor_of(world.people["auditor", "own"].pk, day), other, "leader", world.places["institution.own"]),
        (actor, world.people["auditor", "own"], "administrator", world.places["institution.own"]),
    ]
    for who, person, role, place in tries:
        with pytest.raises(NotGranted):
            grant(who, person, role, place, day, None, now)
    with pytest.raises(NotGranted):
        lend(actor, world.people["auditor", "own"], day, day + timedelta(days=9), None, "", "休假", now)
    assert (list(Post.objects.values()), refusals()) == (before, seen + len(tries) + 1)


@pytest.mark.parametrize("role", few(["administrator", "security", "auditor"], 1))
def test_officers_write_nothing(world: World, role: str) -> None:
    person, last = world.people[role, "own"], Act.objects.aggregate(last=Max("pk"))["last"]
    for item in world.items.values():
        flow = item.its_flow
        for step in flow.steps:
            asked = Asked(flow.code, step.name, uuid4(), item.pk, seen=Item.objects.get(pk=item.pk).version)
            with pytest.raises((NotAllowed, Missing)):
                act(actor_of(person.pk, timezone.localdate()), asked, timezone.localtime())
    assert Act.objects.aggregate(last=Max("pk"))["last"] == last
