"""Founding a site (建站): its places and people from sheets, by whoever has the machine and by its administrator.

All rows of a sheet or none. A place keeps its code and its parent for good; its name and its last day may change.
"""

import secrets
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from django.db import transaction

from yiheng.base.refusal import Refusal
from yiheng.base.words import Word
from yiheng.site.base.accounts.models import Person
from yiheng.site.base.audit.chain import write
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.places.models import Place
from yiheng.site.base.places.roles import DEPARTMENT, INSTITUTION, REGION, known_roles
from yiheng.site.base.places.standing import Actor
from yiheng.site.base.posts.actions import NotGranted, first_administrator, grant
from yiheng.site.base.refused import NotDone
from yiheng.site.base.sheet import Columns, faults, rows_of

PLACES = {"code": "代码", "name": "名称", "kind": "类别", "parent": "上级代码", "start": "起", "end": "止"}
PEOPLE = {"username": "登录名", "name": "姓名", "role": "角色", "place": "机构代码", "start": "起", "end": "止"}
KINDS = {"区域": REGION, "机构": INSTITUTION, "科室": DEPARTMENT}
_PLACES = Columns(PLACES, codes=("code", "parent"), needed=PLACES)
_PEOPLE = Columns(PEOPLE, codes=("username", "place"), needed=PEOPLE)
_BYTES = 12


class BadSheet(NotDone):
    """A sheet of which nothing was taken: a line for each row that is wrong."""

    def __init__(self, lines: Sequence[Refusal]) -> None:
        super().__init__("bad_sheet", Word("\n".join(map(str, lines)), "\n".join(map(str, lines))))
        self.lines = list(lines)


def found(code: str, name: str, username: str, now: datetime, start: date) -> str:
    """The region at the root, if it is not there, and the first administrator; gives the password, to be changed."""
    password = secrets.token_urlsafe(_BYTES)
    with transaction.atomic():
        root, _ = Place.objects.get_or_create(
            code=code, defaults={"name": name, "kind": REGION, "path": f"/{code}/", "start": start}
        )
        person = Person.objects.create_user(username, password, name=username, must_change=True)
        first_administrator(person, root, now)
    return password


def take_places(path: Path, now: datetime) -> int:
    """Take a sheet of places; the number of rows. BadSheet, and nothing is taken, where a row is wrong."""
    lines: list[Refusal] = []
    rows = dict(rows_of(path, path.name, _PLACES, lines))
    with transaction.atomic():
        for number, row in _parents_first(rows):
            try:
                _put(row)
            except Refusal as wrong:
                lines.append(replace(wrong, file=path.name, row=number))
        _whole(lines, rows, path.name)
        write(None, "places.take", Of("places"), now, rows=len(rows))
    return len(rows)


def take_people(actor: Actor, path: Path, now: datetime) -> dict[str, str]:
    """Take a sheet of people and their posts, as an administrator; the new people's passwords by sign-in name.

    A person has as many rows as posts. BadSheet, and nothing is taken, where a row is wrong or not the actor's.
    """
    lines: list[Refusal] = []
    rows = dict(rows_of(path, path.name, _PEOPLE, lines))
    passwords: dict[str, str] = {}
    with transaction.atomic():
        for number, row in rows.items():
            try:
                _appoint(actor, row, passwords, now)
            except Refusal as wrong:
                lines.append(replace(wrong, file=path.name, row=number))
            except NotGranted as refused:
                lines.append(Refusal(f"{refused.text.zh} / {refused.text.en}", path.name, row=number))
        _whole(lines, rows, path.name)
    return passwords


def _whole(lines: list[Refusal], rows: Collection[int], name: str) -> None:
    if found := faults(lines, rows, name):
        raise BadSheet(found)


def _parents_first(rows: dict[int, dict[str, str]]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows in an order in which a parent comes before what it has; whoever has no parent anywhere comes last."""
    left = dict(rows)
    while left:
        waiting = {row["code"] for row in left.values()}
        ready = {number: row for number, row in left.items() if row["parent"] not in waiting - {row["code"]}}
        yield from (ready or left).items()
        left = {number: row for number, row in left.items() if number not in ready} if ready else {}


def _put(row: dict[str, str]) -> None:
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
    path = f"{parent.path if parent else '/'}{code}/"
    held = Place.objects.filter(code=code).first()
    if held is not None and (held.path, held.kind) != (path, kind):
        raise Refusal("上级或类别不能改变 / a place keeps its parent and kind", column=PLACES["code"], value=code)
    wanted = {"name": row["name"], "kind": kind, "parent": parent, "path": path, "start": start, "end": end}
    Place.objects.update_or_create(code=code, defaults=wanted)


def _appoint(actor: Actor, row: dict[str, str], passwords: dict[str, str], now: datetime) -> None:
    roles = {word: code for code, role in known_roles().items() for word in (code, role.word.zh, role.word.en)}
    if row["role"] not in roles:
        raise Refusal("没有这个角色 / no such role", column=PEOPLE["role"], value=row["role"])
    place = Place.objects.filter(code=row["place"]).first()
    if place is None:
        raise Refusal("没有这个机构 / no such place", column=PEOPLE["place"], value=row["place"])
    if not row["username"] or not row["name"]:
        raise Refusal("登录名、姓名不能为空 / sign-in name and name are needed", column=PEOPLE["username"])
    start, end = _day(row["start"], PEOPLE["start"]), _day(row["end"], PEOPLE["end"]) if row["end"] else None
    person = Person.objects.filter(username=row["username"]).first()
    if person is None:
        password = secrets.token_urlsafe(_BYTES)
        person = Person.objects.create_user(row["username"], password, name=row["name"], must_change=True)
        passwords[row["username"]] = password
    elif person.name != row["name"]:
        raise Refusal(
            "登录名已属于他人 / the sign-in name is another's", column=PEOPLE["username"], value=row["username"]
        )
    grant(actor, person, roles[row["role"]], place, start, end, now)


def _day(text: str, column: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refusal("不是日期 / is no day", column=column, value=text, cure="2026-01-31") from None
