"""Pages of registers (登记簿页面): made from any register's table; every change goes through `register.changing`.

Shown are the rows of which the reader may propose or confirm changes, and no others.
"""

import tempfile
from collections.abc import Callable
from datetime import date, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

from django import forms
from django.apps import apps
from django.db.models import Q
from django.forms.models import ModelChoiceField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from yiheng.base.words import Word
from yiheng.site.base.accounts.models import Person
from yiheng.site.base.audit.looks import look, refusals
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.pages.asking import actor_for, now_of
from yiheng.site.base.pages.filling import dress
from yiheng.site.base.pages.paging import Rows, page_asked
from yiheng.site.base.pages.values import head, read
from yiheng.site.base.party import Party, own_places
from yiheng.site.base.places.models import Place
from yiheng.site.base.places.standing import Actor, Standing
from yiheng.site.base.refused import NotDone
from yiheng.site.base.register.bulk import propose_file
from yiheng.site.base.register.changing import Proposed, confirm, end, propose, reject
from yiheng.site.base.register.models import RegisterRow, RowState
from yiheng.site.base.register.reading import as_of, waiting
from yiheng.site.base.register.refused import BadFile, BadRow

_PAGE, _LARGEST, _LONGEST = 50, 10 * 1024 * 1024, 200
_KEYS = {Place: "code", Person: "username"}
_TOO_LARGE = Word("文件超过10MB", "the file is larger than 10 MB")
_NO_FILE = Word("请选择CSV或Excel文件", "choose a CSV or Excel file")
Register = type[RegisterRow]


def registers_for(actor: Actor) -> dict[str, Register]:
    """The registers of which the actor could propose or confirm a row, by the names that addresses give them."""
    every = (table for table in apps.get_models() if issubclass(table, RegisterRow))
    mine = (table for table in every if _possible(table.PROPOSES, actor) or _possible(table.CONFIRMS, actor))
    return {name_of(table): table for table in mine}


def name_of(register: Register) -> str:
    return register._meta.label_lower.replace(".", "-")


@require_safe
def register_list(request: HttpRequest, name: str) -> HttpResponse:
    """The rows that hold on a day, or those that wait for a second person."""
    register, actor, now = _register(request, name), actor_for(request), now_of(request)
    day, waits = _day(request.GET.get("day", ""), now), request.GET.get("show") == "waiting"
    rows = (waiting(register) if waits else as_of(register, day)).filter(_mine(register, actor))
    ordered: Rows[RegisterRow] = Rows(rows.order_by(*register.KEY, "start", "pk"))
    page = page_asked(ordered, request.GET.get("page", ""), _PAGE)
    look(actor, "list", Of(register._meta.label_lower), now, rows=len(page.rows))
    context = {
        "register": register, "name": name, "day": day, "waits": waits, "page": page,
        "heads": [head(register._meta.get_field(each)) for each in _columns(register)],
        "rows": [_Shown(row, actor) for row in page.rows],
        "proposes": _possible(register.PROPOSES, actor),
        "waiting": waiting(register).filter(_mine(register, actor)).count(),
        "kept": f"day={day.isoformat()}&show={'waiting' if waits else ''}",
    }  # fmt: skip
    return render(request, "site/register.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def register_new(request: HttpRequest, name: str) -> HttpResponse:
    """Propose a row; `replaces` names the row in force that ends where it begins."""
    register, actor = _register(request, name), actor_for(request)
    if not _possible(register.PROPOSES, actor):
        raise Http404
    given = request.GET if request.method != "POST" else request.POST
    old = _row(register, actor, given["replaces"]) if given.get("replaces", "").isdigit() else None
    form = _form(register, actor, old, request.POST if request.method == "POST" else None)
    said: Word | None = None
    if request.method == "POST" and form.is_valid():
        filled = dict(form.cleaned_data)
        start, until, source = filled.pop("start"), filled.pop("end"), filled.pop("source")
        proposed = Proposed(start, source, filled, until, old and old.pk)
        said = _tried(request, register, "propose", lambda: propose(actor, register, proposed, now_of(request)), form)
        if said is None and not form.errors:
            return redirect(_waiting_at(name))
    context = {"register": register, "name": name, "form": form, "said": said, "replaces": old}
    return render(request, "site/register_new.html", context, status=_status(said is not None or bool(form.errors)))


@require_http_methods(["GET", "HEAD", "POST"])
def register_do(request: HttpRequest, name: str, number: int, verb: str) -> HttpResponse:
    """Confirm, reject or end a row."""
    register, actor, now = _register(request, name), actor_for(request), now_of(request)
    row = _row(register, actor, str(number))
    if verb not in _VERBS:
        raise Http404
    said: Word | None = None
    if request.method == "POST":
        reason, day = request.POST.get("reason", "")[:2000], _day(request.POST.get("day", ""), now)
        acts: dict[str, Callable[[], object]] = {
            "confirm": lambda: confirm(actor, row, now),
            "reject": lambda: reject(actor, row, reason, now),
            "end": lambda: end(actor, row, day, reason, now),
        }
        said = _tried(request, register, verb, acts[verb])
        if said is None:
            return redirect(_waiting_at(name))
    context = {
        "register": register, "name": name, "row": _Shown(row, actor), "verb": verb, "word": _VERBS[verb],
        "lines": [
            (head(row._meta.get_field(each)), text)
            for each, text in zip(_columns(register), _cells(row), strict=True)
        ],
        "said": said, "day": now.date(), "reason": request.POST.get("reason", ""),
    }  # fmt: skip
    return render(request, "site/register_do.html", context, status=_status(said is not None))


@require_http_methods(["GET", "HEAD", "POST"])
def register_file(request: HttpRequest, name: str) -> HttpResponse:
    """Propose the rows of a file, all or none; each bad row has its line."""
    register, actor = _register(request, name), actor_for(request)
    if not _possible(register.PROPOSES, actor):
        raise Http404
    said: Word | None = None
    lines: list[str] = []
    if request.method == "POST":
        said, lines = _taken(request, register, actor)
        if said is None:
            return redirect(_waiting_at(name))
    columns = [head(register._meta.get_field(each)) for each in (*register.KEY, *register.VALUES, "start", "end")]
    context = {
        "register": register, "name": name, "columns": columns, "said": said, "lines": lines,
        "source": request.POST.get("source", ""),
    }  # fmt: skip
    return render(request, "site/register_file.html", context, status=_status(said is not None))


def _taken(request: HttpRequest, register: Register, actor: Actor) -> tuple[Word | None, list[str]]:
    upload = request.FILES.get("file")
    if upload is None:
        return _NO_FILE, []
    if upload.size > _LARGEST:
        return _TOO_LARGE, []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        path.write_bytes(upload.read())
        source = request.POST.get("source", "").strip()[:_LONGEST] or str(upload.name)[:_LONGEST]
        now = now_of(request)
        try:
            with refusals(actor.own, f"{register._meta.label_lower}.file", Of(register._meta.label_lower), now):
                propose_file(actor, register, path, str(upload.name)[:_LONGEST], source, now)
        except BadFile as why:
            return why.text, [str(line) for line in why.lines]
        except NotDone as why:
            return why.text, []
    return None, []


_VERBS = {"confirm": Word("复核通过", "confirm"), "reject": Word("退回", "reject"), "end": Word("终止", "end")}


class _Shown:
    """A row as a line: its cells, and what the reader may do with it."""

    def __init__(self, row: RegisterRow, actor: Actor) -> None:
        self.row = row
        self.cells = _cells(row)
        waits = row.state == RowState.DRAFT or row.ending is not None
        first = {row.proposed_by_id, row.proposed_for_id} if row.state == RowState.DRAFT else _enders(row)
        seconds = [each for each in _changing(actor) if row.CONFIRMS.holds(each, row.concerned())]
        proposers = any(row.PROPOSES.holds(each, row.concerned()) for each in _changing(actor))
        self.confirms = waits and any(each.people.isdisjoint(first) for each in seconds)
        self.rejects = waits and bool(seconds)
        self.ends = not waits and row.state == RowState.HOLDS and proposers
        self.is_draft = row.state == RowState.DRAFT


def _enders(row: RegisterRow) -> set[int | None]:
    return {row.ending_by_id, row.ending_for_id}


def _columns(register: Register) -> tuple[str, ...]:
    return (*register.KEY, *register.VALUES, "start", "end", "source")


def _cells(row: RegisterRow) -> list[str]:
    fields = (row._meta.get_field(name) for name in _columns(type(row)))
    return [
        str(getattr(row, its.name) or "") if its.is_relation else read(its, getattr(row, its.name)) for its in fields
    ]


def _form(register: Register, actor: Actor, old: RegisterRow | None, given: Any) -> forms.ModelForm:
    kind = forms.modelform_factory(
        register, fields=(*register.KEY, *register.VALUES, "start", "end", "source"), formfield_callback=_field
    )
    initial = {name: getattr(old, name) for name in (*register.KEY, *register.VALUES)} if old else {}
    form: forms.ModelForm = kind(data=given, initial=initial)
    for name, field in form.fields.items():
        if isinstance(field, ModelChoiceField) and field.queryset.model is Place:
            paths = own_places(register.PROPOSES, name, _changing(actor))
            if paths is not None:
                field.queryset = field.queryset.filter(path__in=paths)
        dress(field)
    return form


def _field(its: Any) -> forms.Field | None:
    made = its.formfield()
    if isinstance(made, ModelChoiceField):
        made.to_field_name = _KEYS.get(its.related_model, "pk")
    return made


def _tried(
    request: HttpRequest, register: Register, verb: str, act: Callable[[], object], form: forms.ModelForm | None = None
) -> Word | None:
    """Do it; why it was refused, which the audit keeps. What is wrong with a field goes to the form."""
    label = register._meta.label_lower
    try:
        with refusals(actor_for(request).own, f"{label}.{verb}", Of(label), now_of(request)):
            act()
    except BadRow as why:
        for name, texts in why.fields.items():
            for text in texts:
                if form is not None:
                    form.add_error(name if name in form.fields else None, text)
        return why.text
    except NotDone as why:
        return why.text
    return None


def _register(request: HttpRequest, name: str) -> Register:
    found = registers_for(actor_for(request)).get(name)
    if found is None:
        raise Http404
    return found


def _row(register: Register, actor: Actor, number: str) -> RegisterRow:
    found = register.objects.filter(_mine(register, actor), pk=int(number)).first() if len(number) < 18 else None
    if found is None:
        raise Http404
    return found


def _mine(register: Register, actor: Actor) -> Q:
    found = Q(pk__in=())
    for standing in _changing(actor):
        found |= register.PROPOSES.rows(standing) | register.CONFIRMS.rows(standing)
    return found


def _possible(party: Party, actor: Actor) -> bool:
    return any(party.possible(standing) for standing in _changing(actor))


def _changing(actor: Actor) -> list[Standing]:
    """The standings that may change a register: none that was lent for a flow or up to a sum."""
    return [standing for standing in actor if not standing.flow and standing.cap is None]


def _day(text: str, now: datetime) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return now.date()


def _waiting_at(name: str) -> str:
    return f"{reverse('register', args=(name,))}?show=waiting"


def _status(is_refused: bool) -> HTTPStatus:
    return HTTPStatus.UNPROCESSABLE_ENTITY if is_refused else HTTPStatus.OK
