"""The cells of the permission matrix (权限矩阵单元格): every address with what it is given, and what each may expect.

The expected answer is `promised`'s; whatever it does not promise is a refusal.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from yiheng.site.base.document.models import Content
from yiheng.site.base.files.models import File
from yiheng.site.base.flow.declare import Flow, Shows, Step
from yiheng.site.base.flow.models import Item
from yiheng.site.base.flow.registry import flows
from yiheng.site.base.flow.verbs import VERBS
from yiheng.site.base.register.models import RegisterRow

from .promised import ACTS, NAMED, SEES, Promised, Somebody, registers

OK, FOUND, FORBIDDEN, MISSING, UNFIT = 200, 302, 403, 404, 422
NO_ITEM = 99_999_999
# What an act comes to that may be: done, or told what is missing in its form.
_DONE = {"page": {FOUND, UNFIT}, "api": {OK, UNFIT}}
_DENIED = {SEES: FORBIDDEN, NAMED: FORBIDDEN}

# As many as there are ways to a step: its form and sending it, by page and by API; or to a list.
_WAYS = 4

Expected = Callable[[Somebody], int | set[int]]
Check = Callable[[Somebody, HttpResponse], object]


def _nothing(who: Somebody, answer: HttpResponse) -> None:  # noqa: ARG001
    return None


def _never(who: Somebody) -> bool:  # noqa: ARG001
    return False


@dataclass(frozen=True)
class Cell:
    """One request.

    - name: of the address; expected: the status; check: what is in an answer that gives something
    - for_patients: whether whoever came by a query code is let in here
    - turn: which it is of several ways to the same, of which whoever sees nothing of it (`hides`) is asked one, in turn
    """

    name: str
    method: str
    path: str
    expected: Expected
    body: dict[str, Any] | None = None
    for_patients: bool = False
    check: Check = _nothing
    turn: int | None = None
    hides: Callable[[Somebody], bool] = _never

    def is_asked(self, who: Somebody | None) -> bool:
        """Whether there is something for somebody, or the turn has come."""
        if self.turn is None or (who and not self.hides(who)):
            return True
        return self.turn % _WAYS == (who.person if who else 0) % _WAYS

    def statuses(self, who: Somebody | None) -> set[int]:
        """What may be answered to somebody; None: to nobody in particular."""
        if self.path == "/health":
            return {OK}
        if who is None or (who.let_in and not self.for_patients):
            return {401 if self.path.startswith("/api/") else FOUND}
        wanted = self.expected(who)
        return wanted if isinstance(wanted, set) else {wanted}


def _in_turn(ways: Iterable[Cell], hides: Callable[[Somebody], bool], first: int = 0) -> Iterator[Cell]:
    """Ways to the same, of which those who see nothing of it are asked one."""
    yield from (replace(cell, turn=first + at, hides=hides) for at, cell in enumerate(ways))


def all_cells(promised: Promised, rows: list[RegisterRow]) -> Iterator[Cell]:
    """Every address of the site that roles differ in."""
    yield from _of_oneself(promised)
    for flow in flows().values():
        yield from _of_flow(promised, flow)
    for name in sorted(promised.items):
        yield from _of_item(promised, promised.items[name])
    yield from _of_none()
    for name, register in sorted(registers().items()):
        yield from _of_register(promised, name, register)
    for row in rows:
        yield from _of_row(promised, row)


def _always(status: int) -> Expected:
    return lambda who: status


def _if(may: Callable[[Somebody], bool], status: int | set[int] = OK) -> Expected:
    """This status for those who may; nothing is there for others."""
    return lambda who: status if may(who) else MISSING


# One's own


def _of_oneself(promised: Promised) -> Iterator[Cell]:
    items = promised.items.values()

    def waits(who: Somebody, answer: HttpResponse) -> None:
        found = {(row["item"], row["step"]) for row in _json(answer)["items"]}
        wanted = {(item.pk, name) for item in items for name in promised.waits_for(who, item)}
        assert found == wanted, (who.name, found ^ wanted)

    def reached(who: Somebody, answer: HttpResponse) -> None:
        wanted = [(flow.code, {step.name for step in flow.beginnings if promised.begins(who, step)})
                  for flow in flows().values() if promised.reaches(who, flow)]  # fmt: skip
        found = [(each["code"], {step["step"] for step in each["begin"]}) for each in _json(answer)]
        assert found == wanted, (who.name, found, wanted)

    for name, path in (("inbox", "/"), ("mine", "/mine/"), ("notices", "/notices/")):
        yield Cell(name, "GET", path, _always(OK))
    yield Cell("notices_read", "POST", "/notices/read/", _always(FOUND))
    yield Cell("GET /health", "GET", "/health", _always(OK))
    yield Cell("GET /api/notices", "GET", "/api/notices", _always(OK))
    yield Cell("GET /api/inbox", "GET", "/api/inbox?size=100", _always(OK), check=waits)
    yield Cell("GET /api/flows", "GET", "/api/flows", _always(OK), check=reached)


# Of a flow


def _of_flow(promised: Promised, flow: Flow) -> Iterator[Cell]:
    its, here = [item for item in promised.items.values() if item.flow == flow.code], f"/flows/{flow.code}/"

    def seen(who: Somebody) -> set[int]:
        return {item.pk for item in its if promised.shows(who, item)}

    def listed(who: Somebody, answer: HttpResponse) -> None:
        page = answer.content.decode()
        found = {item.pk for item in its if f'href="/items/{item.pk}/"' in page}
        assert found == seen(who), (who.name, flow.code, found, seen(who))

    def exported(who: Somebody, answer: HttpResponse) -> None:
        assert answer.headers["X-Rows"] == str(len(seen(who))), (who.name, flow.code)

    def given(who: Somebody, answer: HttpResponse) -> None:
        said = _json(answer)
        found = ({row["id"] for row in said["items"]}, said["count"])
        assert found == (seen(who), len(seen(who))), (who.name, flow.code, found)

    lists = [
        Cell("list", "GET", here, _always(OK), check=listed),
        Cell("export", "GET", f"{here}export.csv", _always(OK), check=exported),
        Cell("export", "GET", f"{here}export.xlsx", _always(OK), check=exported),
        Cell("GET /api/flows/{code}/items", "GET", f"/api{here}items?size=100", _always(OK), check=given),
    ]
    yield from _in_turn(lists, lambda who: not seen(who), len(flow.code))
    is_counted = bool(flow.counted_by and flow.least_count)
    yield Cell("counts", "GET", f"{here}statistics/", _always(OK if is_counted else MISSING))
    for step in flow.beginnings:
        yield from _beginning(promised, flow, step)
    for name in ("nothing", next(iter(each.name for each in flow.steps if each.frm))):
        yield Cell("new", "GET", f"{here}new/{name}/", _always(MISSING))
        yield Cell("GET /api/flows/{code}/begin/{step}", "GET", f"/api{here}begin/{name}", _always(MISSING))


def _beginning(promised: Promised, flow: Flow, step: Step) -> Iterator[Cell]:
    """An empty form: told what is missing; under no item, or one that does not fit, refused."""
    page, api = f"/flows/{flow.code}/new/{step.name}/", f"/api/flows/{flow.code}/begin/{step.name}"

    def begins(who: Somebody) -> bool:
        return promised.begins(who, step)

    def under(parent: Item | None) -> Expected:
        return lambda who: _under(promised, flow, who, parent) if begins(who) else MISSING

    yield Cell("new", "GET", page, _if(begins))
    yield Cell("GET /api/flows/{code}/begin/{step}", "GET", api, _if(begins))
    parents = [item for item in promised.items.values() if flow.under and item.flow == flow.under.flow]
    for parent in (None, *parents):
        body = {"parent": parent.pk} if parent else {}
        yield Cell("new", "POST", page, under(parent), body)
        yield Cell("POST /api/flows/{code}/begin/{step}", "POST", api, under(parent), body)


def _under(promised: Promised, flow: Flow, who: Somebody, parent: Item | None) -> int:
    if flow.under is None or parent is None:
        return UNFIT if flow.under is None else FORBIDDEN
    if not promised.shows(who, parent):
        return MISSING
    return UNFIT if parent.state in flow.under.states else FORBIDDEN


# Of an item


def _of_item(promised: Promised, item: Any) -> Iterator[Cell]:
    flow, here = item.its_flow, f"/items/{item.pk}/"

    def sees(who: Somebody) -> bool:
        return promised.shows(who, item) is not None

    def whole(who: Somebody) -> bool:
        return promised.shows(who, item) is Shows.ALL

    def fields(who: Somebody, answer: HttpResponse) -> None:
        said, known = _json(answer), {each.name for each in flow.model._meta.local_fields}
        wanted = {name for name in known if name != "item_ptr" and promised.sees_field(who, item, name)}
        found = set(said["fields"]) & known
        assert (said["whole"], found) == (whole(who), wanted), (who.name, item, found ^ wanted)

    ways = [
        Cell("item", "GET", here, _if(sees), for_patients=True),
        Cell("print", "GET", f"{here}print/", _if(sees), for_patients=True),
        Cell("GET /api/items/{number}", "GET", f"/api/items/{item.pk}", _if(sees), check=fields),
    ]
    yield from _in_turn(ways, lambda who: not sees(who), item.pk)
    names = set(Content.objects.filter(item=item.pk).values_list("name", flat=True))
    for name in sorted(names):
        yield Cell("form", "GET", f"{here}form/{name}/", _if(whole), for_patients=True)
    yield Cell("form", "GET", f"{here}form/nothing/", _always(MISSING), for_patients=True)
    for number, purpose in File.objects.filter(item=item.pk).order_by("pk").values_list("pk", "purpose"):
        yield _file(promised, item, number, purpose)
    yield from _codes(promised, item)
    for name in flow.sealed:
        yield from _sealed(promised, item, name)
    steps = (*flow.steps, *VERBS, replace(VERBS[0], name="nothing"))
    for at, step in enumerate(steps):
        yield from _in_turn(_step(promised, item, step), lambda who: not sees(who), at)


def _file(promised: Promised, item: Item, number: int, purpose: str) -> Cell:
    return Cell(
        "file", "GET", f"/files/{number}/", _if(lambda who: promised.sees_files(who, item, purpose)), for_patients=True
    )


def _codes(promised: Promised, item: Item) -> Iterator[Cell]:
    def may(who: Somebody) -> bool:
        return promised.makes_code(who, item)

    here, until = f"/items/{item.pk}/code/", (timezone.localdate() + timedelta(days=9)).isoformat()
    made = OK if item.number else UNFIT
    ways = [
        Cell("code", "GET", here, _if(may, made)),
        Cell("code", "POST", here, _if(may, UNFIT)),
        Cell("code", "POST", here, _if(may, made), {"name": "患者", "until": until}),
    ]
    yield from _in_turn(ways, lambda who: not may(who), item.pk)


def _sealed(promised: Promised, item: Item, name: str) -> Iterator[Cell]:
    def knows(who: Somebody) -> bool:
        return promised.sees_field(who, item, name)

    def opens(who: Somebody) -> int:
        return (OK if promised.opens(who, item, name) else UNFIT) if knows(who) else MISSING

    here = f"/items/{item.pk}/look/{name}/"
    yield Cell("unseal", "POST", here, _if(knows, UNFIT))
    yield Cell("unseal", "POST", here, opens, {"reason": "核对患者身份信息"})
    yield Cell("unseal", "POST", f"/items/{item.pk}/look/number/", _always(MISSING), {"reason": "核对患者身份信息"})


def _step(promised: Promised, item: Item, step: Step) -> Iterator[Cell]:
    """The form of a step, and sending it empty, by page and by API."""
    is_known = step.name != "nothing"
    page, api = f"/items/{item.pk}/do/{step.name}/", f"/api/items/{item.pk}/do/{step.name}"

    def form(who: Somebody) -> int:
        return OK if is_known and promised.may(who, item, step) in (ACTS, NAMED) else MISSING

    def sent(by: str) -> Expected:
        def expected(who: Somebody) -> int | set[int]:
            if not is_known or promised.shows(who, item) is not Shows.ALL:
                return MISSING
            return _DENIED.get(promised.may(who, item, step), _DONE[by])  # type: ignore[arg-type, return-value]

        return expected

    seen = {"seen": item.version}
    yield Cell("do", "GET", page, form, for_patients=True)
    yield Cell("do", "POST", page, sent("page"), seen, for_patients=True)
    yield Cell("GET /api/items/{number}/do/{step}", "GET", api, form)
    yield Cell("POST /api/items/{number}/do/{step}", "POST", api, sent("api"), seen)


def _of_none() -> Iterator[Cell]:
    """What is not there is answered as what is not to be seen."""
    for name, path in (("item", ""), ("print", "print/"), ("form", "form/summary/"), ("do", "do/comment/")):
        yield Cell(name, "GET", f"/items/{NO_ITEM}/{path}", _always(MISSING), for_patients=True)
    yield Cell("file", "GET", f"/files/{NO_ITEM}/", _always(MISSING), for_patients=True)
    yield Cell("code", "GET", f"/items/{NO_ITEM}/code/", _always(MISSING))
    yield Cell("unseal", "POST", f"/items/{NO_ITEM}/look/phone/", _always(MISSING))
    for name in ("list", "export", "counts", "new"):
        path = {"list": "", "export": "export.csv", "counts": "statistics/", "new": "new/ask/"}[name]
        yield Cell(name, "GET", f"/flows/nothing/{path}", _always(MISSING))
    yield Cell("GET /api/items/{number}", "GET", f"/api/items/{NO_ITEM}", _always(MISSING))
    yield Cell("GET /api/flows/{code}/items", "GET", "/api/flows/nothing/items", _always(MISSING))


# Of a register


def _of_register(promised: Promised, name: str, register: type[RegisterRow]) -> Iterator[Cell]:
    def keeps(who: Somebody) -> bool:
        return promised.keeps(who, register)

    def proposes(who: Somebody) -> bool:
        return promised.proposes(who, register)

    here = f"/registers/{name}/"
    yield Cell("register", "GET", here, _if(keeps))
    for kind in ("new", "file"):
        yield Cell(f"register_{kind}", "GET", f"{here}{kind}/", _if(proposes))
        yield Cell(f"register_{kind}", "POST", f"{here}{kind}/", _if(proposes, UNFIT))
    yield Cell("register_do", "GET", f"{here}{NO_ITEM}/confirm/", _always(MISSING))


def _of_row(promised: Promised, row: RegisterRow) -> Iterator[Cell]:
    def keeps(who: Somebody) -> bool:
        return promised.keeps_row(who, row)

    def sent(verb: str) -> Expected:
        return lambda who: (FOUND if promised.changes_row(who, row, verb) else UNFIT) if keeps(who) else MISSING

    here = f"/registers/{row._meta.app_label}-{row._meta.model_name}/{row.pk}/"
    body = {"reason": "依据不足", "day": (timezone.localdate() + timedelta(days=9)).isoformat()}
    for verb in ("confirm", "reject", "end"):
        yield Cell("register_do", "GET", f"{here}{verb}/", _if(keeps))
        yield Cell("register_do", "POST", f"{here}{verb}/", sent(verb), body)
    yield Cell("register_do", "GET", f"{here}nothing/", _always(MISSING))


def _json(answer: HttpResponse) -> Any:
    return json.loads(answer.content)
