"""Founding a site (建站): its places and people from sheets, by whoever has the machine and by its administrator.

All rows of a sheet or none. A place keeps its code and its parent for good; its name and its last day may change.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from django.db import transaction

from yiheng.base.refusal import Refusal
from yiheng.site.base.accounts.models import Person
from yiheng.site.base.audit.chain import write
from yiheng.site.base.audit.looks import refusals
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.identity import demand_none
from yiheng.site.base.places.models import Place
from yiheng.site.base.places.roles import DEPARTMENT, INSTITUTION, REGION, known_roles
from yiheng.site.base.places.standing import Actor
from yiheng.site.base.posts.accounts import appoint, first_password
from yiheng.site.base.posts.actions import NotGranted, administers, first_administrator, not_administrator
from yiheng.site.base.refused import BadSheet, NotDone
from yiheng.site.base.sheet import Columns, faults, rows_of

PLACES = {"code": "代码", "name": "名称", "kind": "类别", "parent": "上级代码", "start": "起", "end": "止"}
PEOPLE = {"username": "登录名", "name": "姓名", "role": "角色", "place": "机构代码", "start": "起", "end": "止"}
KINDS = {"区域": REGION, "机构": INSTITUTION, "科室": DEPARTMENT}
_PLACES = Columns(PLACES, codes=("code", "parent"), needed=PLACES)
_PEOPLE = Columns(PEOPLE, codes=("username", "place"), needed=PEOPLE)
_UNDER = {
    REGION: (REGION,), INSTITUTION: (REGION, INSTITUTION), DEPARTMENT: (INSTITUTION, DEPARTMENT)
}  # fmt: skip


def found(code: str, name: str, username: str, now: datetime, start: date) -> str:
    """The region at the root, if it is not there, and the first administrator; gives the password, to be changed.

    Raises NotGranted, NumberTyped (an identity number).
    """
    demand_none(code, name, username)
    password = first_password()
    with transaction.atomic():
        root, _ = Place.objects.get_or_create(
            code=code, defaults={"name": name, "kind": REGION, "path": f"/{code}/", "start": start}
        )
        person = Person.objects.create_user(username, password, name=username, must_change=True)
        first_administrator(person, root, now)
    return password


def take_places(path: Path, now: datetime, actor: Actor | None = None, name: str = "") -> int:
    """Take a sheet of places; the number of rows. BadSheet, and nothing is taken, where a row is wrong.

    - actor: the administrator to whose places the rows belong; None: whoever has the machine
    - name: what the sender calls the file
    """
    name, standing = name or path.name, actor.own if actor else None
    lines: list[Refusal] = []
    rows = dict(rows_of(path, name, _PLACES, lines))
    with refusals(standing, "places.take", Of("places"), now), transaction.atomic():
        for number, row in _parents_first(rows):
            try:
                _put(row, actor)
            except (Refusal, NotDone) as wrong:
                lines.append(_line(wrong, name, number))
        _whole(lines, rows, name)
        write(standing, "places.take", Of("places"), now, rows=len(rows))
    return len(rows)


def take_people(actor: Actor, path: Path, now: datetime, name: str = "") -> dict[str, str]:
    """Take a sheet of people and their posts, as an administrator; the new people's passwords by sign-in name.

    A person has as many rows as posts. BadSheet, and nothing is taken, where a row is wrong or not the actor's.
    """
    name = name or path.name
    lines: list[Refusal] = []
    rows = dict(rows_of(path, name, _PEOPLE, lines))
    passwords: dict[str, str] = {}
    with refusals(actor.own, "people.take", Of("people"), now), transaction.atomic():
        for number, row in rows.items():
            try:
                if password := _appoint(actor, row, now):
                    passwords[row["username"]] = password
            except (Refusal, NotDone) as wrong:
                lines.append(_line(wrong, name, number))
        _whole(lines, rows, name)
    return passwords


def _line(wrong: Refusal | NotDone, name: str, number: int) -> Refusal:
    """What is wrong with a row, as a line that names it."""
    if isinstance(wrong, NotDone):
        return Refusal(f"{wrong.text.zh} / {wrong.text.en}", name, row=number)
    return replace(wrong, file=name, row=number)


def _whole(lines: list[Refusal], rows: dict[int, dict[str, str]], name: str) -> None:
    if found := faults(lines, rows, name):
        raise BadSheet(found, rows)


def _parents_first(rows: dict[int, dict[str, str]]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows in an order in which a parent comes before what it has; whoever has no parent anywhere comes last."""
    left = dict(rows)
    while left:
        waiting = {row["code"] for row in left.values()}
        ready = {number: row for number, row in left.items() if row["parent"] not in waiting - {row["code"]}}
        yield from (ready or left).items()
        left = {number: row for number, row in left.items() if number not in ready} if ready else {}


def _put(row: dict[str, str], actor: Actor | None) -> None:
    kind = KINDS.get(row["kind"], row["kind"])
    if kind not in KINDS.values():
        raise Refusal("不是机构类别 / is no kind of place", column=PLACES["kind"], value=row["kind"])
    code = row["code"]
    if not code or not row["name"] or any(sign in code for sign in "/\\ "):
        raise Refusal(
            "代码、名称不能为空，代码不含斜线和空格 / code and name are needed", column=PLACES["code"], value=code
        )
    parent = Place.objects.filter(code=row["parent"]).first() if row["parent"] else None
    if row["parent"] and parent is None:
        raise Refusal("没有这个上级 / no such place above", column=PLACES["parent"], value=row["parent"])
    start, end = _day(row["start"], PLACES["start"]), _day(row["end"], PLACES["end"]) if row["end"] else None
    if end is not None and end <= start:
        raise Refusal("止须晚于起 / ends before it starts", column=PLACES["end"], value=row["end"])
    if parent is not None and parent.kind not in _UNDER[kind]:
        raise Refusal("不能设在该上级之下 / is not put under such a place", column=PLACES["kind"], value=row["kind"])
    path = f"{parent.path if parent else '/'}{code}/"
    if actor is not None and not administers(actor, path):
        raise not_administrator()
    held = Place.objects.filter(code=code).first()
    if held is not None and (held.path, held.kind) != (path, kind):
        raise Refusal("上级或类别不能改变 / a place keeps its parent and kind", column=PLACES["code"], value=code)
    wanted = {"name": row["name"], "kind": kind, "parent": parent, "path": path, "start": start, "end": end}
    Place.objects.update_or_create(code=code, defaults=wanted)


def _appoint(actor: Actor, row: dict[str, str], now: datetime) -> str:
    """Give the post of a row; the first password of who is new."""
    roles = {word: code for code, role in known_roles().items() for word in (code, role.word.zh, role.word.en)}
    if row["role"] not in roles:
        raise Refusal("没有这个角色 / no such role", column=PEOPLE["role"], value=row["role"])
    place = Place.objects.filter(code=row["place"]).first()
    if place is None:
        raise Refusal("没有这个机构 / no such place", column=PEOPLE["place"], value=row["place"])
    start, end = _day(row["start"], PEOPLE["start"]), _day(row["end"], PEOPLE["end"]) if row["end"] else None
    try:
        return appoint(actor, row["username"], row["name"], roles[row["role"]], place, start, end, now)
    except NotGranted as why:
        if why.code != "username":
            raise
        text = f"{why.text.zh} / {why.text.en}"
        raise Refusal(text, column=PEOPLE["username"], value=row["username"]) from None


def _day(text: str, column: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refusal("不是日期 / is no day", column=column, value=text, cure="2026-01-31") from None
