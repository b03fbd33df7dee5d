"""The permission matrix as a page (权限表): role x service x step and sight, from the flows' declarations alone."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from yiheng.base.words import Word

if TYPE_CHECKING:
    from yiheng.site.base.flow.declare import Flow, Keeper, Sight, Step
    from yiheng.site.base.ledger.declare import Ledger
    from yiheng.site.base.party import Party
    from yiheng.site.base.register.models import RegisterRow

Table = Callable[[Sequence[str], Iterable[Sequence[object]]], str]
_START = """# Permissions 权限表

Who may do and see what, from the flows, ledgers and registers that services declare. What is not named here is refused:
a page and the API answer 404 where an item is not to be seen, 403 where it is seen and the step is another's.

`at x`: in a post at the place in the item's field `x`, or at a department of it; `over x`: at a place that it lies in;
`was at x`: at a place that was in that field before. Whoever sees an item whole may comment on it and send a copy,
which shows no tagged field. A step with a panel is answered from its seats, which policy and the flow name when it
opens. Posts that are lent count as own ones, up to their limit; duties apart are judged on the natural persons of a
matter.
"""


def permissions_page(table: Table) -> str:
    """Every service with its steps, and who may and sees what in it."""
    set_up()
    from yiheng.site.base.flow.registry import flows

    own = [flow for flow in flows().values() if flow.model.__module__.startswith("yiheng.site.")]
    index = table(("service", "中文", "English", "clauses"), [_named(flow) for flow in own])
    ledgers, registers = _own_ledgers(), _own_registers()
    sections = "".join(_flow(flow, table) for flow in own) + _ledgers(ledgers, table) + _registers(registers, table)
    return _START + "\n" + index + sections + _roles(own, ledgers, registers, table)


def set_up() -> None:
    """Django with a folder that is thrown away, unless a test has set it up."""
    from django.apps import apps

    if apps.ready:
        return
    import django

    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "yiheng.site.settings", "YIHENG_SITE_DIR": folder}
        django.setup()


def _named(flow: "Flow") -> tuple[object, ...]:
    return f"[`{flow.code}`](#{flow.code})", flow.word.zh, flow.word.en, ", ".join(flow.clauses)


def _flow(flow: "Flow", table: Table) -> str:
    steps = table(
        ("step", "中文", "English", "from", "to", "who", "not by who did"), [_step(flow, each) for each in flow.steps]
    )
    sights = table(
        ("who sees", "how much", "from the state on", "tagged fields too"), [_sight(each) for each in flow.sights]
    )
    tags = [f"- `{tag}`: {', '.join(f'`{name}`' for name in names)}" for tag, names in flow.tagged.items()]
    stub = ", ".join(f"`{name}`" for name in flow.stub)
    tags += [f"- sealed `{name}`: opened, with a reason, by {_keepers(its)}" for name, its in flow.sealed.items()]
    tagged = "\nTagged and sealed fields:\n\n" + "\n".join(tags) + "\n" if tags else ""
    return f"\n## {flow.code}\n\n{flow.word.zh} · {flow.word.en}. A stub shows {stub}.\n{tagged}\n{steps}\n{sights}"


def _keepers(keepers: "Iterable[Keeper]") -> str:
    every = (f"{', '.join(f'`{role.code}`' for role in its.roles)} at {its.field}" for its in keepers)
    return f"{'; '.join(every)}, if they see the item"


def _step(flow: "Flow", step: "Step") -> tuple[object, ...]:
    from yiheng.site.base.flow.registry import apart

    frm = ", ".join(each.code for each in step.frm) or "(new)"
    others = sorted(
        f"`{code}.{name}`" if code != flow.code else f"`{name}`" for code, name in apart(flow.code, step.name)
    )
    to = step.to.code if step.to else "as before"
    return f"`{step.name}`", step.word.zh, step.word.en, frm, to, _who(step), ", ".join(others)


def _who(step: "Step") -> str:
    if step.is_the_systems:
        return "the site itself"
    return "a panel's seats" if step.panel is not None else _party(step.who)


def _party(party: "Party") -> str:
    return "; ".join(_term(term) for term in party.terms) or "nobody"


def _term(term: Any) -> str:
    """A term in words; its kind is told by its class, which is `party.terms`' own."""
    kind, role, field = type(term).__name__, getattr(term, "role", ""), getattr(term, "field", "")
    said = {
        "_RoleAt": f"`{role}` at {field}", "_RoleOver": f"`{role}` over {field}", "_Former": f"`{role}` was at {field}",
        "_PersonIn": f"the person in {field}", "_Author": "whoever made it", "_Outsider": "whoever has its query code",
        "_Glass": f"`{role}` by break-glass",
    }  # fmt: skip
    return said[kind]


def _sight(sight: "Sight") -> tuple[object, ...]:
    tags = ", ".join(f"`{tag}`" for tag in sorted(sight.tags))
    return _party(sight.who), sight.shows.value, sight.since.code if sight.since else "the beginning", tags


def _own_ledgers() -> "list[Ledger]":
    """The ledgers that the site's own modules declare, as its own flows are told from those of tests."""
    from yiheng.site.base.ledger.declare import ledgers

    modules = [module for name, module in list(sys.modules.items()) if name.startswith("yiheng.site.")]
    own = [its for module in modules for its in vars(module).values()]
    return [ledger for ledger in ledgers().values() if any(its is ledger for its in own)]


def _ledgers(own: "list[Ledger]", table: Table) -> str:
    """Who asks for limits, who confirms them, who sees what is taken of them."""
    heads = ("ledger", "中文", "English", "asks for a limit", "confirms it, another person", "sees the cells")
    rows = [
        (
            f"`{its.code}`", its.word.zh, its.word.en, _party(its.keepers),
            _party(its.confirms) if its.confirms.terms else "it holds at once", _party(its.seers),
        )
        for its in own
    ]  # fmt: skip
    start = "`place` is the place of a cell. A post that was lent for one flow, or up to a sum, changes no limit.\n"
    return f"\n## Ledgers 额度台账\n\n{start}\n{table(heads, rows)}"


def _own_registers() -> "list[type[RegisterRow]]":
    """The registers of the site's own modules."""
    from django.apps import apps

    from yiheng.site.base.register.models import RegisterRow

    every = (its for its in apps.get_models() if issubclass(its, RegisterRow))
    return sorted((its for its in every if its.__module__.startswith("yiheng.site.")), key=_code)


def _registers(own: "list[type[RegisterRow]]", table: Table) -> str:
    """Who proposes rows, who confirms them, which sources write without a person."""
    heads = ("register", "中文", "English", "proposes and sees", "confirms and sees, another person", "feeds")
    rows = [
        (
            f"`{_code(its)}`", its.WORD.zh, its.WORD.en, _party(its.PROPOSES), _party(its.CONFIRMS),
            ", ".join(f"`{name}`" for name in sorted(its.FEEDS)),
        )
        for its in own
    ]  # fmt: skip
    start = "Whoever may propose or confirm a row sees it; a feed writes without a person, and each row says so.\n"
    return f"\n## Registers 登记簿\n\n{start}\n{table(heads, rows)}"


def _code(register: "type[RegisterRow]") -> str:
    return str(register._meta.label_lower)


def _roles(own: "list[Flow]", ledgers: "list[Ledger]", registers: "list[type[RegisterRow]]", table: Table) -> str:
    """The other way round: by role what it may and sees, in every service, ledger and register."""
    from yiheng.site.base.places.roles import known_roles

    named = {role for flow in own for party in flow.parties for role in _of(party)}
    named |= {role for ledger in ledgers for role in _of(ledger.seers)}
    named |= {role for its in registers for role in _of(its.PROPOSES | its.CONFIRMS)}
    found = [
        (role, where, may, sees)
        for role in sorted(named)
        for where, may, sees in (
            *((f"`{flow.code}`", _may(flow, role), _sees(flow, role)) for flow in own),
            *((f"ledger `{its.code}`", _may_limit(its, role), _sees_cells(its, role)) for its in ledgers),
            *((f"register `{_code(its)}`", _may_write(its, role), _sees_rows(its, role)) for its in registers),
        )
        if may or sees
    ]
    rows = [(f"`{role}`", _both(known_roles()[role].word), *rest) for role, *rest in found]
    silent = ", ".join(f"`{role}`" for role in sorted(_base_roles() - named))
    rest = f"\nOf the base's own roles these are named by no flow, ledger or register: {silent}.\n"
    return "\n## By role 按角色\n\n" + table(("role", "", "service", "may", "sees"), rows) + rest


def _may_limit(ledger: "Ledger", role: str) -> str:
    parties = {"ask for a limit": ledger.keepers, "confirm a limit": ledger.confirms}
    return ", ".join(what for what, party in parties.items() if role in _of(party))


def _sees_cells(ledger: "Ledger", role: str) -> str:
    return "cells" if role in _of(ledger.seers) else ""


def _may_write(register: "type[RegisterRow]", role: str) -> str:
    parties = {"propose a row": register.PROPOSES, "confirm a row": register.CONFIRMS}
    return ", ".join(what for what, party in parties.items() if role in _of(party))


def _sees_rows(register: "type[RegisterRow]", role: str) -> str:
    return "rows" if role in _of(register.PROPOSES | register.CONFIRMS) else ""


def _base_roles() -> set[str]:
    from yiheng.site.base.places import roles

    return {its.code for its in vars(roles).values() if isinstance(its, roles.Role)}


def _both(word: Word) -> str:
    return f"{word.zh} · {word.en}"


def _of(party: "Party") -> Iterator[str]:
    yield from (term.role for term in party.terms if hasattr(term, "role"))


def _may(flow: "Flow", role: str) -> str:
    return ", ".join(f"`{step.name}`" for step in flow.steps if role in _of(step.who))


def _sees(flow: "Flow", role: str) -> str:
    found = [sight for sight in flow.sights if role in _of(sight.who)]
    tags = [f"{each.shows.value}{''.join(f' +{tag}' for tag in sorted(each.tags))}" for each in found]
    return ", ".join(dict.fromkeys(tags))
