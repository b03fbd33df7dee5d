"""Checks of declarations (流程检查): `manage.py check` proves that a flow leads on, is owned, and names what is there.

Every finding has an id (`flow.E001` ...) and a hint that says what to change.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

from django.core import checks
from django.core.exceptions import FieldDoesNotExist
from django.db.models import CharField, Field, ForeignKey, IntegerField, Model, TextField

from yiheng.base.refusal import Refusal
from yiheng.policy.loader import scheme
from yiheng.site.base.accounts.models import Person
from yiheng.site.base.flow import registry, verbs
from yiheng.site.base.flow.declare import Flow, Outcome, Shows, State, Step
from yiheng.site.base.flow.models import Item
from yiheng.site.base.ledger.effects import HoldEach, HoldIn, Release
from yiheng.site.base.party.terms import glass_roles
from yiheng.site.base.places.models import Place
from yiheng.site.base.places.roles import known_roles

Finding: TypeAlias = checks.CheckMessage


def check_flows(app_configs: Any = None, **rest: Any) -> list[Finding]:  # noqa: ARG001 (as Django calls it)
    """All findings on all flows that are declared."""
    return findings(registry.all_versions())


def findings(flows: Iterable[Flow]) -> list[Finding]:
    """All findings on these flows."""
    every = list(flows)
    found = [one for flow in every for check in _CHECKS for one in check(flow)]
    return found + list(_apart_named(every)) + list(_same_code(every))


def _error(number: int, flow: Flow, text: str, hint: str) -> Finding:
    return checks.Error(f"{flow.code}: {text}", hint=hint, obj=flow.model, id=f"flow.E{number:03}")


# States


def reachable(flow: Flow) -> Iterator[Finding]:
    """Every state is reached from a beginning."""
    if not flow.beginnings:
        yield _error(1, flow, "has no beginning", "a step with no state in `frm` makes an item")
    found = {goes.code for step in flow.beginnings for goes in _goes(step)}
    waiting = sorted(found)
    for code in waiting:
        new = {goes.code for step in flow.leaving(code) for goes in _goes(step)} - found
        found |= new
        waiting += sorted(new)
    for code in sorted(flow.states.keys() - found):
        yield _error(
            1, flow, f"no item ever comes to the state {code}", "add a step that leads to it, or drop the state"
        )


def leads_on(flow: Flow) -> Iterator[Finding]:
    """From every state that does not end, some state that ends is reached, if the flow has one."""
    ends = {code for code, its in flow.states.items() if its.ends}
    for code, its in flow.states.items():
        onward = {goes.code for step in flow.leaving(code) for goes in _goes(step)} - {code}
        if not its.ends and not onward:
            yield _error(
                2, flow, f"nothing leads on from the state {code}", "add a step, or mark the state with `ends`"
            )
        elif not its.ends and ends and not (_onward(flow, code) & ends):
            yield _error(2, flow, f"no end is reached from the state {code}", "add a step that leads to an end")


def owned(flow: Flow) -> Iterator[Finding]:
    """Every state that does not end waits for somebody: a party, a panel, or the site itself."""
    for code, its in flow.states.items():
        if not its.ends and not any(_waits(step) for step in flow.leaving(code)):
            hint = "give it a step that is not `side` with a party that has turns, a panel, or a system step"
            yield _error(3, flow, f"nobody is waited for in the state {code}", hint)


def meanings(flow: Flow) -> Iterator[Finding]:
    """One code of a state has one meaning, one name of a step one step, and no step is called as a verb is."""
    states: dict[str, State] = {}
    for step in flow.steps:
        for each in (*step.frm, *_goes(step)):
            if states.setdefault(each.code, each) != each:
                yield _error(4, flow, f"the state {each.code} is declared in two ways", "use one value for it")
    names = [step.name for step in flow.steps]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield _error(4, flow, f"two steps are called {name}", "give each step a name of its own")
    for name in sorted(verbs.NAMES & set(names)):
        yield _error(4, flow, f"a step is called {name}, as a verb of every flow is", "give it another name")


def _goes(step: Step) -> list[State]:
    return [each for each in (step.to, step.refused, step.returned) if each is not None]


def _onward(flow: Flow, code: str) -> set[str]:
    found = {code}
    waiting = [code]
    for each in waiting:
        new = {goes.code for step in flow.leaving(each) for goes in _goes(step)} - found
        found |= new
        waiting += sorted(new)
    return found - {code}


def _waits(step: Step) -> bool:
    if step.is_the_systems or step.panel is not None:
        return True
    return not step.side and any(_has_turns(term) for term in step.who.terms)


def _has_turns(term: Any) -> bool:
    """Whether an item ever waits for a term: it names a field, or the author; not the past, not an outsider."""
    return type(term).__name__ not in ("_Former", "_Outsider")


# Steps


def steps_whole(flow: Flow) -> Iterator[Finding]:
    """A step has somebody who takes it; a panel has where to go when it refuses, and asks nothing else."""
    for step in flow.steps:
        if step.panel is not None:
            yield from _panel(flow, step)
        elif not step.who.terms and not step.is_the_systems:
            yield _error(
                5, flow, f"nobody may take the step {step.name}", "name its party, or `when` the site takes it"
            )
        elif step.who.terms and step.is_the_systems:
            yield _error(5, flow, f"the site and a party take the step {step.name}", "take out `who` or `when`")
        for name in sorted(set(step.needs) - set(step.asks)):
            yield _error(6, flow, f"the step {step.name} needs {name} and does not ask for it", "add it to `asks`")
        if step.begins and step.to is None:
            yield _error(5, flow, f"the step {step.name} makes an item without a state", "say where it goes: `to`")


def holds_given_back(flow: Flow) -> Iterator[Finding]:
    """Where an item may hold something of a ledger, nothing that fails it keeps that."""
    holding: set[str] = set()
    for step in flow.steps:
        if step.to is not None and any(isinstance(each, HoldIn | HoldEach) for each in step.does):
            holding |= {step.to.code, *_onward(flow, step.to.code)}
    for step in flow.steps:
        if holding.isdisjoint(each.code for each in step.frm):
            continue
        for outcome in Outcome:
            goes = step.goes(outcome)
            if goes is not None and goes.fails and not any(isinstance(each, Release) for each in step.effects(outcome)):
                text = f"the step {step.name} keeps what the item holds in the state {goes.code}"
                yield _error(20, flow, text, "add a `Release` to `does`, or to `undoes` where a panel refuses")


def actors_see(flow: Flow) -> Iterator[Finding]:
    """Whoever may take a step of an item sees the item whole, at some time at least."""
    seeing = {term for sight in flow.sights if sight.shows is Shows.ALL for term in sight.who.terms}
    for step in flow.steps:
        if not step.begins and not set(step.who.terms) <= seeing:
            hint = "give each term of its party a sight that shows all"
            yield _error(17, flow, f"not everybody who may take the step {step.name} sees the item", hint)


def _panel(flow: Flow, step: Step) -> Iterator[Finding]:
    if step.refused is None:
        yield _error(7, flow, f"the panel of {step.name} cannot refuse", "say where the item goes then: `refused`")
    if step.returned is None and "recuse" in getattr(step.panel, "verbs", ()):
        yield _error(7, flow, f"the panel of {step.name} may lack a quorum", "say where the item goes then: `returned`")
    if step.asks or step.begins:
        yield _error(7, flow, f"the panel of {step.name} asks for fields or begins", "ask in the step before it")


def apart_named(flow: Flow) -> Iterator[Finding]:
    """Duties apart name steps of this flow."""
    for name in sorted({duty for duties in flow.apart for duty in duties if isinstance(duty, str)}):
        if name not in flow.by_name:
            yield _error(8, flow, f"`apart` names no step: {name}", "use the names of steps, (flow, step) of others")


def _apart_named(flows: list[Flow]) -> Iterator[Finding]:
    known = {(flow.code, step.name) for flow in flows for step in flow.steps}
    for flow in flows:
        others = {duty for duties in flow.apart for duty in duties if not isinstance(duty, str)}
        for other, name in sorted(others - known):
            yield _error(8, flow, f"`apart` names no step: {name} of {other}", "use the names of steps of that flow")


def _same_code(flows: list[Flow]) -> Iterator[Finding]:
    first: dict[str, Flow] = {}
    versions: set[tuple[str, int]] = set()
    for flow in flows:
        if first.setdefault(flow.code, flow).model is not flow.model or (flow.code, flow.version) in versions:
            yield _error(9, flow, "another flow has this code", "give it a code of its own, or the next version")
        versions.add((flow.code, flow.version))


# Fields


def party_fields(flow: Flow) -> Iterator[Finding]:
    """A party's field is there, leads to a place or a person as the party reads it, and has an index."""
    for term in dict.fromkeys(term for party in flow.parties for term in party.terms):
        for name in term.fields():
            its = _field(flow, name)
            kind: type[Model] = Place if hasattr(term, "role") else Person
            if not isinstance(its, ForeignKey) or its.related_model is not kind:
                hint = f"a ForeignKey to {kind.__name__} of this name"
                yield _error(10, flow, f"a party reads {name}, which is no field with a {kind.__name__}", hint)
            elif not its.db_index and not its.unique:
                yield _error(11, flow, f"a party reads {name}, which has no index", "leave `db_index` as it is")


def roles_declared(flow: Flow) -> Iterator[Finding]:
    """Every role that a party names is declared."""
    named = {getattr(term, "role", "") for party in flow.parties for term in party.terms} - {""}
    for code in sorted(named - known_roles().keys()):
        yield _error(12, flow, f"nobody declared the role {code}", "declare it by `places.roles.role`")


def asked_fields(flow: Flow) -> Iterator[Finding]:
    """A step asks only for fields of the service's own that a form can have: never for state, author or number."""
    own = {its.name for its in Item._meta.get_fields()}
    for step in flow.steps:
        for name in step.asks:
            its = _field(flow, name)
            if its is None or name in own or its.formfield() is None:
                hint = "an editable field of the service's own table"
                yield _error(13, flow, f"the step {step.name} asks for {name}, which nobody may fill in", hint)


def named_fields(flow: Flow) -> Iterator[Finding]:
    """Fields that are tagged, listed, shown in a stub, searched or summed are there and of the right kind."""
    tagged = {name for names in flow.tagged.values() for name in names}
    for where, names in (("tagged", tagged), ("listed", flow.listed), ("stub", flow.stub)):
        for name in sorted(set(names)):
            if _field(flow, name) is None:
                yield _error(14, flow, f"`{where}` names no field: {name}", "use the names of fields")
    for name in flow.searched:
        if not isinstance(_field(flow, name), CharField | TextField):
            yield _error(14, flow, f"`searched` names {name}, which is no text", "search in texts")
    yield from _shown_fields(flow)
    for name in flow.counted_too:
        if name in tagged or not getattr(_field(flow, name), "choices", None):
            yield _error(14, flow, f"`counted_too` names {name}, which is hidden or no choice of few", "use a choice")
    if flow.amount and not isinstance(_field(flow, flow.amount), IntegerField):
        yield _error(14, flow, f"`amount` names {flow.amount}, which is no sum in fen", "use a field `Fen`")
    for name in sorted(tagged & set(flow.stub)):
        yield _error(14, flow, f"{name} is tagged and shown in a stub", "take it out of `stub`")


def _shown_fields(flow: Flow) -> Iterator[Finding]:
    """Sections name fields, each once; belongings name relations to the item, and columns of their tables."""
    together = [name for part in flow.sections for name in part.fields]
    for name in dict.fromkeys(together):
        if _field(flow, name) is None:
            yield _error(14, flow, f"`sections` names no field: {name}", "use the names of fields")
        elif together.count(name) > 1:
            yield _error(14, flow, f"{name} stands in two sections", "leave it in one")
    relations = {each.get_accessor_name(): each for each in flow.model._meta.related_objects}
    for relation, columns in flow.belongings.items():
        if relation not in relations:
            yield _error(14, flow, f"`belongings` names no relation: {relation}", "use a `related_name` of the item")
            continue
        there = {its.name for its in relations[relation].related_model._meta.concrete_fields}
        for name in sorted(set(columns) - there):
            yield _error(14, flow, f"`belongings` names no column of {relation}: {name}", "use the names of fields")


def known_names(flow: Flow) -> Iterator[Finding]:
    """Sights and limits name states and tags of the flow."""
    since = [sight.since for sight in flow.sights if sight.since is not None]
    limited = [each for limit in flow.limits for each in (*limit.states, *limit.pauses)]
    for code in sorted({each.code for each in (*since, *limited)} - flow.states.keys()):
        yield _error(15, flow, f"a sight or a limit names no state: {code}", "use the states that steps lead to")
    for tag in sorted({tag for sight in flow.sights for tag in sight.tags} - flow.tagged.keys()):
        yield _error(15, flow, f"a sight names no tag: {tag}", "use the tags of `tagged`")


def glass_whole(flow: Flow) -> Iterator[Finding]:
    """Break-glass has a sight and its terms; what an item is found by, or published as a pseudonym, is a text."""
    if any(glass_roles(sight.who) for sight in flow.sights) != (flow.glass is not None):
        hint = "declare `glass`, and a sight for `party.Glass`"
        yield _error(19, flow, "break-glass has a sight or terms, not both", hint)
    for name in (*(flow.glass.found_by if flow.glass else ()), *flow.pseudonyms):
        if not isinstance(_field(flow, name), CharField):
            yield _error(19, flow, f"`glass` or `pseudonyms` names {name}, which is no text", "use a CharField")


def _field(flow: Flow, name: str) -> Field | None:
    try:
        its = flow.model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return its if its.concrete else None


# Policy


def policies_sourced(flow: Flow) -> Iterator[Finding]:
    """Every policy that the flow names is there and set, and says its source (the loader refuses one that does not)."""
    for key in flow.policies:
        scheme_id, _, name = key.partition(":")
        try:
            its = scheme(scheme_id)
        except Refusal as refusal:
            yield _error(
                16, flow, f"the policy {key} cannot be read: {refusal}", "write it, each value with its source"
            )
            continue
        if name and (name in its.unset or name not in its.parameters):
            yield _error(16, flow, f"the policy {scheme_id} sets no {name}", "set it there, with its source")


_CHECKS: tuple[Callable[[Flow], Iterator[Finding]], ...] = (
    reachable, leads_on, owned, meanings, steps_whole, holds_given_back, actors_see, apart_named, party_fields,
    roles_declared, asked_fields, named_fields, known_names, glass_whole, policies_sourced,
)  # fmt: skip
