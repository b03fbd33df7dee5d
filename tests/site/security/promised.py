"""What the declarations promise to whom (应许), worked out by hand: nothing here asks `decide`, `seen` or a party.

Read are the declarations, the posts, and the rows that acts have left. Everything not promised is refused.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from django.apps import apps

from yiheng.site.base.flow.declare import Flow, Shows, Step
from yiheng.site.base.flow.models import Act, Item, Seat
from yiheng.site.base.flow.registry import flows
from yiheng.site.base.flow.verbs import VERBS
from yiheng.site.base.party import Party
from yiheng.site.base.places.models import Place, Post
from yiheng.site.base.register.models import RegisterRow

SEES, ACTS, NAMED = "sees", "acts", "named"


@dataclass(frozen=True)
class Somebody:
    """A person with posts (role, number of the place), or a patient let in to one item by a query code."""

    name: str
    person: int
    posts: tuple[tuple[str, int], ...] = ()
    let_in: int = 0

    @property
    def roles(self) -> set[str]:
        return {role for role, _ in self.posts}


@dataclass
class Places:
    """The tree by numbers: what lies in what is found by climbing from parent to parent."""

    parents: dict[int, int | None]
    by_path: dict[str, int]

    @classmethod
    def read(cls) -> "Places":
        rows = list(Place.objects.values_list("pk", "parent", "path"))
        return cls({pk: parent for pk, parent, _ in rows}, {path: pk for pk, _, path in rows})

    def inside(self, place: int, other: int) -> bool:
        """Whether a place is the other, or lies in it."""
        at: int | None = place
        while at is not None and at != other:
            at = self.parents[at]
        return at == other


@dataclass
class Past:
    """What acts have left of an item: who did what in its matter, where it has been, the seats of its panels."""

    did: set[tuple[str, str, int]]
    been: set[str]
    seats: list[Seat]

    @classmethod
    def of(cls, item: Item) -> "Past":
        acts = Act.objects.filter(matter=item.matter_id, person__isnull=False)
        own = Act.objects.filter(item=item.pk)
        return cls(
            set(acts.values_list("item__flow", "step", "person")),
            set(own.values_list("to_state", flat=True)),
            list(Seat.objects.filter(poll__item=item.pk).select_related("poll")),
        )


@dataclass
class Promised:
    """What is promised of the items of a world."""

    items: dict[str, Item]
    places: Places = field(default_factory=Places.read)
    past: dict[int, Past] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.past = {item.pk: Past.of(item) for item in self.items.values()}

    # Who somebody is to an item

    def is_party(self, who: Somebody, item: Any, party: Party) -> bool:
        return any(self._is(who, item, term) for term in party.terms)

    def _is(self, who: Somebody, item: Any, term: Any) -> bool:
        match type(term).__name__:
            case "_RoleAt" | "_RoleOver" as kind:
                return self._holds(who, term.role, getattr(item, f"{term.field}_id"), kind == "_RoleOver")
            case "_PersonIn":
                return getattr(item, f"{term.field}_id") == who.person
            case "_Author":
                return item.author_id == who.person
            case "_Outsider":
                return item.pk == who.let_in
            case "_Former" | "_Glass":  # no item of the world was at another place before; no glass is broken
                return False
        raise AssertionError(f"a kind of party that nobody thought of here: {term}")

    def _holds(self, who: Somebody, role: str, place: int | None, over: bool) -> bool:
        """A role at the place or within it; `over`: at a place around it."""
        if place is None:
            return False
        at = [held for its, held in who.posts if its == role]
        return any(self.places.inside(place, held) if over else self.places.inside(held, place) for held in at)

    def _sits(self, who: Somebody, seat: Seat) -> bool:
        if seat.person_id is not None:
            return seat.person_id == who.person
        return self._holds(who, seat.role, self.places.by_path.get(seat.path), seat.over)

    # What is seen

    def shows(self, who: Somebody, item: Any) -> Shows | None:
        """How much of an item is seen; what only counts is not seen."""
        if who.let_in and who.let_in != item.pk:
            return None
        found = {sight.shows for sight in self._sights(who, item)}
        found |= {Shows.ALL for seat in self.past[item.pk].seats if self._sees_by(who, seat)}
        return next((one for one in (Shows.ALL, Shows.STUB) if one in found), None)

    def sees_field(self, who: Somebody, item: Any, name: str) -> bool:
        flow = item.its_flow
        shows = self.shows(who, item)
        tags = {tag for tag, names in flow.tagged.items() if name in names}
        given = {tag for sight in self._sights(who, item) if sight.shows is Shows.ALL for tag in sight.tags}
        return tags <= given if shows is Shows.ALL else shows is Shows.STUB and name in flow.stub

    def sees_files(self, who: Somebody, item: Any, purpose: str) -> bool:
        tags = {asked.tag for step in item.its_flow.steps for asked in step.files if asked.kind == purpose} - {""}
        given = {tag for sight in self._sights(who, item) for tag in sight.tags}
        return self.shows(who, item) is Shows.ALL and tags <= given

    def _sights(self, who: Somebody, item: Any) -> Iterator[Any]:
        been = self.past[item.pk].been
        for sight in item.its_flow.sights:
            if (sight.since is None or sight.since.code in been) and self.is_party(who, item, sight.who):
                yield sight

    def _sees_by(self, who: Somebody, seat: Seat) -> bool:
        if seat.person_answered_id is not None:
            return who.person in (seat.person_answered_id, seat.behalf_id) or self._sits(who, seat)
        waits = seat.poll.closed_at is None and not seat.recused and (seat.is_open or seat.person_id is not None)
        return waits and self._sits(who, seat)

    # What may be done

    def may(self, who: Somebody, item: Any, step: Step) -> str:
        """`acts`: may take it; `named`: would be the one but for a duty done, and is told so; `sees`, or nothing."""
        shows = self.shows(who, item)
        if shows is not Shows.ALL:
            return shows.value if shows else ""
        if step.name in {verb.name for verb in VERBS}:
            return ACTS if self._may_verb(who, item, step.name) else SEES
        if item.state not in {state.code for state in step.frm} or step.when is not None:
            return SEES
        fits = bool(self._seat(who, item, step)) if step.panel else self.is_party(who, item, step.who)
        if not fits:
            return SEES
        if self._did_a_duty_apart(who, item, step) or (step.panel and item.author_id == who.person):
            return NAMED
        return SEES if step.untouched and not self._was_last(who, item) else ACTS

    def waits_for(self, who: Somebody, item: Any) -> set[str]:
        """The names of the steps that the item waits for from somebody."""
        steps = (step for step in item.its_flow.steps if step.frm and not step.side)
        return {step.name for step in steps if self.may(who, item, step) == ACTS}

    def _seat(self, who: Somebody, item: Any, step: Step) -> bool:
        """Whether an open seat of the step's panel is somebody's, who has not answered from another."""
        rows = [seat for seat in self.past[item.pk].seats if seat.poll.step == step.name and not seat.poll.closed_at]
        if any(who.person in (seat.person_answered_id, seat.behalf_id) for seat in rows):
            return False
        return any(seat.is_open and not seat.person_answered_id and self._sits(who, seat) for seat in rows)

    def _did_a_duty_apart(self, who: Somebody, item: Any, step: Step) -> bool:
        did = {(flow, name) for flow, name, person in self.past[item.pk].did if person == who.person}
        mine = (item.flow, step.name)
        for flow in flows().values():
            for duties in flow.apart:
                named = {(flow.code, duty) if isinstance(duty, str) else duty for duty in duties}
                if mine in named and did & (named - {mine}):
                    return True
        return False

    def _was_last(self, who: Somebody, item: Any) -> bool:
        own = Act.objects.filter(item=item.pk, step__in=item.its_flow.by_name).order_by("pk")
        return own.last().person_id == who.person

    def _may_verb(self, who: Somebody, item: Any, name: str) -> bool:
        flow: Flow = item.its_flow
        leaving = [step for step in flow.steps if item.state in {state.code for state in step.frm}]
        match name:
            case "comment" | "copy":
                return self._sees_to_act(who, item)
            case "urge":
                runs = flow.urge_every is not None and not flow.states[item.state].ends
                return runs and self._sees_to_act(who, item)
            case "pass_on":
                own = (step for step in leaving if not step.side and (not step.panel or name in step.panel.verbs))
                return any(self.may(who, item, step) == ACTS for step in own)
            case "add_signer" | "recuse":
                panels = (step for step in leaving if step.panel and name in step.panel.verbs)
                return any(self.may(who, item, step) == ACTS for step in panels)
            case "excuse":
                panels = (step for step in leaving if step.panel and name in step.panel.verbs)
                return any(self.is_party(who, item, step.who) for step in panels)
        raise AssertionError(f"a verb that nobody thought of here: {name}")

    def _sees_to_act(self, who: Somebody, item: Any) -> bool:
        """Whether somebody sees an item whole other than as an auditor, who looks and does nothing."""
        posts = tuple((role, place) for role, place in who.posts if role != "auditor")
        only_looks = bool(who.posts) and not posts
        return not only_looks and self.shows(replace(who, posts=posts), item) is Shows.ALL

    def makes_code(self, who: Somebody, item: Any) -> bool:
        """Whether somebody makes query codes for the patient: whoever may begin such an item there, or stands in for
        its author."""
        kinds = {type(term).__name__ for sight in item.its_flow.sights for term in sight.who.terms}
        if "_Outsider" not in kinds or who.let_in or self.shows(who, item) is not Shows.ALL:
            return False
        steps = [
            step for step in item.its_flow.steps
            if not step.frm or any(type(term).__name__ == "_Author" for term in step.who.terms)
        ]  # fmt: skip
        return any(self.is_party(who, item, step.who) for step in steps)

    def opens(self, who: Somebody, item: Any, name: str) -> bool:
        """Whether somebody keeps a sealed text."""
        return any(
            self._holds(who, role.code, getattr(item, f"{keeper.field}_id"), over=False)
            for keeper in item.its_flow.sealed[name]
            for role in keeper.roles
        )

    # What is not of an item

    def begins(self, who: Somebody, step: Step) -> bool:
        """Whether somebody could begin an item by a step, at some place."""
        return not who.let_in and bool(_roles(step.who) & who.roles)

    def reaches(self, who: Somebody, flow: Flow) -> bool:
        """Whether a flow is in somebody's menu."""
        seen = set().union(*(_roles(sight.who) for sight in flow.sights))
        return bool(seen & who.roles) or any(self.begins(who, step) for step in flow.beginnings)

    def proposes(self, who: Somebody, register: type[RegisterRow]) -> bool:
        return bool(_roles(register.PROPOSES) & who.roles)

    def keeps(self, who: Somebody, register: type[RegisterRow]) -> bool:
        """Whether somebody has to do with a register."""
        return self.proposes(who, register) or bool(_roles(register.CONFIRMS) & who.roles)

    def keeps_row(self, who: Somebody, row: RegisterRow) -> bool:
        return self.is_party(who, row, row.PROPOSES) or self.is_party(who, row, row.CONFIRMS)

    def changes_row(self, who: Somebody, row: RegisterRow, verb: str) -> bool:
        """Whether somebody may confirm, reject or end a row as it stands: two people for each change."""
        waits = row.state == "draft" or row.ending is not None
        if verb == "end":
            return row.state == "holds" and not waits and self.is_party(who, row, row.PROPOSES)
        first = row.proposed_by_id if row.state == "draft" else row.ending_by_id
        return waits and self.is_party(who, row, row.CONFIRMS) and (verb == "reject" or who.person != first)


def registers() -> dict[str, type[RegisterRow]]:
    """Every register by the name in its address."""
    every: Iterable[Any] = (table for table in apps.get_models() if issubclass(table, RegisterRow))
    return {f"{table._meta.app_label}-{table._meta.model_name}": table for table in every}


def somebodies() -> list[Somebody]:
    """Everybody who has an account, with the posts of today."""
    from yiheng.site.base.accounts.models import Person

    posts: dict[int, list[tuple[str, int]]] = {}
    for person, role, place in Post.objects.values_list("person", "role", "place"):
        posts.setdefault(person, []).append((role, place))
    people = Person.objects.filter(is_active=True).order_by("pk").values_list("pk", "username")
    return [Somebody(name, pk, tuple(posts.get(pk, ()))) for pk, name in people]


def _roles(party: Party) -> set[str]:
    return {term.role for term in party.terms if type(term).__name__ in ("_RoleAt", "_RoleOver")}
