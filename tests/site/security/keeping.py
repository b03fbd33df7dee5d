"""Cells of ledgers and of administration (台账与机构人员的单元格): who may by the declarations, and no other."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.utils.timezone import localdate

from yiheng.site.base.accounts.models import Person
from yiheng.site.base.ledger.declare import Ledger
from yiheng.site.base.ledger.declare import ledgers as declared
from yiheng.site.base.ledger.limits import Wanted, propose
from yiheng.site.base.ledger.models import Cell as LedgerCell
from yiheng.site.base.ledger.models import Proposal
from yiheng.site.base.party import Party
from yiheng.site.base.places.models import Delegation, Group, Membership, Place, Post
from yiheng.site.base.places.standing import actor_of
from yiheng.site.management.procurement.parties import BUDGET

from .cells import FOUND, MISSING, NO_ITEM, OK, UNFIT, Cell
from .promised import Somebody
from .world import World

NAMES = {
    "ledger", "ledger_cell", "ledger_new", "ledger_file", "ledger_do", "ledger_sheet", "administration",
    "administration_place", "administration_person", "administration_appoint", "administration_account",
    "administration_end",
    "administration_sheet", "administration_groups", "administration_group_new", "administration_group",
    "administration_leave", "lending", "lending_end",
}  # fmt: skip


def keeping_cells(world: World) -> Iterator[Cell]:
    """The own side's cells, with a limit of its budget that waits; the own side's hospital and its doctor."""
    for code in ("budget", "referral"):
        yield from _of_ledger(declared()[code])
    yield from _of_waiting(_waiting(world))
    post = Post.objects.get(person__username="doctor.own")
    yield from _of_administration(post)
    yield from _of_groups(Place.objects.get(code="H-own"))
    yield from _of_lending(post.person)


def _of_ledger(ledger: Ledger) -> Iterator[Cell]:
    where = f"/ledgers/{ledger.code}/"
    cell = LedgerCell.objects.get(ledger=ledger.code, place__code="H-own")
    parties = (ledger.keepers, ledger.confirms, ledger.seen_by)
    keeps = _if(lambda who: _any(ledger.keepers, who))
    yield Cell("ledger", "GET", where, _if(lambda who: any(_any(party, who) for party in parties)))
    sees = _if(lambda who: any(_is(party, who, cell.place) for party in parties))
    yield Cell("ledger_cell", "GET", f"{where}{cell.pk}/", sees)
    yield Cell("ledger_cell", "GET", f"{where}{NO_ITEM}/", _nobody)
    yield Cell("ledger_new", "GET", f"{where}new/", keeps)
    for name, path in (("ledger_new", "new"), ("ledger_file", "file")):
        yield Cell(name, "POST", f"{where}{path}/", _if(lambda who: _any(ledger.keepers, who), UNFIT))


def _of_waiting(draft: Proposal) -> Iterator[Cell]:
    where = f"/ledgers/budget/asked/{draft.pk}/"
    parties = (BUDGET.keepers, BUDGET.confirms, BUDGET.seen_by)
    sees_it: Callable[[Somebody], bool] = lambda who: any(_is(party, who, draft.place) for party in parties)  # noqa: E731
    sees = _if(sees_it)
    for verb in ("confirm", "reject"):
        yield Cell("ledger_do", "GET", f"{where}{verb}/", sees)
    yield Cell("ledger_do", "POST", f"{where}nothing/", _nobody)

    def confirms(who: Somebody) -> int:
        if _is(BUDGET.confirms, who, draft.place) and who.person != draft.proposed_by_id:
            return FOUND
        return UNFIT if sees(who) == OK else MISSING

    yield Cell("ledger_do", "POST", f"{where}confirm/", confirms)
    sheet = f"/ledgers/budget/sheets/{draft.pk}/"
    seconds, asked = (
        (lambda who: _is(BUDGET.confirms, who, draft.place)),
        (lambda who: who.person == draft.proposed_by_id),
    )
    yield Cell("ledger_sheet", "GET", f"{sheet}confirm/", _if(lambda who: seconds(who) and not asked(who)))
    yield Cell("ledger_sheet", "GET", f"{sheet}reject/", _if(lambda who: seconds(who) or asked(who)))
    yield Cell("ledger_sheet", "POST", f"{sheet}reject/", _if(sees_it, UNFIT), {"numbers": str(draft.pk)})
    yield Cell("ledger_sheet", "POST", f"{sheet}reject/", _nobody)
    yield Cell("ledger_sheet", "POST", f"{sheet}nothing/", _nobody, {"numbers": str(draft.pk)})


def _of_administration(post: Post) -> Iterator[Cell]:
    """Whoever administers the doctor's place, or one that it lies in; sent without a reason, nothing is done."""
    start, runs = "/administration/", _over(post.place)
    any_place = _if(lambda who: "administrator" in who.roles)
    yield Cell("administration", "GET", start, _if(lambda who: "administrator" in who.roles, FOUND))
    yield Cell("administration_place", "GET", f"{start}{post.place_id}/", _if(runs))
    yield Cell("administration_place", "GET", f"{start}{NO_ITEM}/", _nobody)
    yield Cell("administration_appoint", "GET", f"{start}appoint/", any_place)
    yield Cell("administration_appoint", "GET", f"{start}appoint/?place={post.place_id}", _if(runs))
    yield Cell(
        "administration_appoint", "POST", f"{start}appoint/", _if(lambda who: "administrator" in who.roles, UNFIT)
    )
    person = f"{start}people/{post.person_id}/"
    yield Cell("administration_person", "GET", person, _if(runs))
    for verb in ("lock", "unlock", "password", "factor"):
        yield Cell("administration_account", "GET", f"{person}{verb}/", _if(runs))
        yield Cell("administration_account", "POST", f"{person}{verb}/", _if(runs, UNFIT))
    yield Cell("administration_account", "POST", f"{person}nothing/", _nobody)
    yield Cell("administration_end", "GET", f"{start}posts/{post.pk}/end/", _if(runs))
    yield Cell("administration_end", "POST", f"{start}posts/{post.pk}/end/", _if(runs, UNFIT), {"last": "x"})
    for kind in ("places", "people"):
        yield Cell("administration_sheet", "GET", f"{start}sheets/{kind}/", any_place)
        yield Cell(
            "administration_sheet",
            "POST",
            f"{start}sheets/{kind}/",
            _if(lambda who: "administrator" in who.roles, UNFIT),
        )
    yield Cell("administration_sheet", "POST", f"{start}sheets/nothing/", _nobody)


def _of_groups(lead: Place) -> Iterator[Cell]:
    """A group led from the own side's hospital: whoever administers it sees it; sent empty, nothing is done."""
    group = Group.objects.create(code="G-own", name="集团", lead=lead)
    member = Membership.objects.create(group=group, place=lead, start=lead.start)
    start, runs, any_place = "/administration/", _over(lead), lambda who: "administrator" in who.roles
    yield Cell("administration_groups", "GET", f"{start}groups/", _if(any_place))
    yield Cell("administration_group_new", "GET", f"{start}groups/new/", _if(any_place))
    yield Cell("administration_group_new", "POST", f"{start}groups/new/", _if(any_place, UNFIT))
    here, end = f"{start}groups/{group.pk}/", f"{start}memberships/{member.pk}/end/"
    for name, path, wrong in (("administration_group", here, {}), ("administration_leave", end, {"last": "x"})):
        yield Cell(name, "GET", path, _if(runs))
        yield Cell(name, "POST", path, _if(runs, UNFIT), wrong)
    yield Cell("administration_group", "GET", f"{start}groups/{NO_ITEM}/", _nobody)
    yield Cell("administration_leave", "GET", f"{start}memberships/{NO_ITEM}/end/", _nobody)


def _of_lending(giver: Person) -> Iterator[Cell]:
    """Everybody's own page; a loan of the own side's doctor, which the two of it end, and nobody else finds."""
    taker = Person.objects.get(username="head.own")
    day = localdate()
    loan = Delegation.objects.create(giver=giver, taker=taker, start=day, end=day, reason="休假")
    yield Cell("lending", "GET", "/lending/", _if(lambda who: True))
    yield Cell("lending", "POST", "/lending/", _if(lambda who: True, UNFIT))
    mine: Callable[[Somebody], bool] = lambda who: who.person in (giver.pk, taker.pk)  # noqa: E731 (one of several)
    end = f"/lending/{loan.pk}/end/"
    yield Cell("lending_end", "GET", end, _if(mine))
    yield Cell("lending_end", "POST", end, _if(mine, UNFIT), {"last": "x"})
    yield Cell("lending_end", "GET", f"/lending/{NO_ITEM}/end/", _nobody)


def _waiting(world: World) -> Proposal:
    cell = world.hospital.budget
    assert cell.place is not None
    asker = Person.objects.get(username="finance.own")
    wanted = Wanted(cell.place, cell.key, cell.approved + 1)
    return propose(actor_of(asker.pk, world.hospital.now.date()), BUDGET, wanted, "年中追加", world.hospital.now)


def _any(party: Party, who: Somebody) -> bool:
    return any(term.role in who.roles for term in _terms(party))


def _is(party: Party, who: Somebody, place: Place | None) -> bool:
    """Whether somebody holds a role of the party at a place or in it; above it, where the party says so."""
    assert place is not None
    for term in _terms(party):
        over = type(term).__name__ == "_RoleOver"
        at = _over_places(place) if over else _inside(place)
        if any(role == term.role and where in at for role, where in who.posts):
            return True
    return False


def _terms(party: Party) -> Iterable[Any]:
    return party.terms


def _over(place: Place) -> Callable[[Somebody], bool]:
    around = _over_places(place)
    return lambda who: any(role == "administrator" and at in around for role, at in who.posts)


def _inside(place: Place) -> set[int]:
    return {each.pk for each in Place.objects.all() if each.path.startswith(place.path)}


def _over_places(place: Place) -> set[int]:
    return {each.pk for each in Place.objects.all() if place.path.startswith(each.path)}


def _if(may: Callable[[Somebody], bool], status: int = OK) -> Callable[[Somebody], int]:
    return lambda who: status if may(who) else MISSING


def _nobody(who: Somebody) -> int:  # noqa: ARG001
    return MISSING
