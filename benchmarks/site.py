"""The inbox with many to-dos and a list with many items: whole pages and the API, p95, on SQLite and PostgreSQL 15.

    .venv/bin/python benchmarks/site.py [--todos 200000] [--requests 500] [--write]

30 made-up flows with a table each, one item a to-do, 60 hospitals with ten departments in a region of six counties,
400 people with one to five posts each, of whom some have lent posts, duties that bar them and seats that they filled;
beside them one flow with as many items that have ended. Requests go through Django's test client in this process:
sessions, the gate, the menu and the page are all in them, no network is. Who asks is drawn with a seed. PostgreSQL runs
on loopback, with its own settings but for the place of its files, and has cleaned up after the filling, as it does by
itself within minutes; where Debian's postgresql-15 is not installed it is left out. `--write`: benchmarks/site.md.
"""

import argparse
import os
import platform
import pwd
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

POSTGRES = Path("/usr/lib/postgresql/15/bin")
FLOWS, HOSPITALS, DEPARTMENTS, PEOPLE, COUNTIES = 30, 60, 10, 400, 6
MOST = 50.0
CHUNK = 5_000
SEED = 7
START, DAY = date(2025, 1, 1), date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
LISTS, LIST_REQUESTS = "list ", 20
FIRST = "first page"
ROLES = ("doctor", "head", "leader", "finance", "operations", "coder", "commission", "insurance")


def main() -> None:
    match sys.argv[1:]:
        case ["measure", engine, todos, requests]:
            measure(engine, int(todos), int(requests))
        case _:
            run()


def run() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--todos", type=int, default=200_000)
    parser.add_argument("--requests", type=int, default=500)
    parser.add_argument("--only", choices=("SQLite", "PostgreSQL 15"))
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    rows = []
    for engine, place in (("SQLite", nowhere), ("PostgreSQL 15", postgres)):
        if options.only in (None, engine):
            with tempfile.TemporaryDirectory(prefix="yiheng-bench-site-") as folder, place(Path(folder)) as address:
                if address is not None:
                    rows += _child(engine, Path(folder), address, options.todos, options.requests)
    text = page(rows, options.todos, options.requests)
    print(text, end="")
    if options.write:
        Path(__file__).with_suffix(".md").write_text(text, encoding="utf-8")


def _child(engine: str, folder: Path, address: str, todos: int, requests: int) -> list[str]:
    """Each engine in a process of its own, as settings are read once."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("YIHENG_", "DJANGO_"))}
    env |= {"YIHENG_SITE_DIR": str(folder / "site"), "YIHENG_DATABASE": address, "YIHENG_HTTPS": "no"}
    env |= {"DJANGO_SETTINGS_MODULE": "yiheng.site.settings", "YIHENG_HOSTS": "testserver"}
    command = [sys.executable, __file__, "measure", engine, str(todos), str(requests)]
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.splitlines()


def page(rows: list[str], todos: int, requests: int) -> str:
    inbox = [row for row in rows if not row.startswith(LISTS)]
    lists = [row.removeprefix(LISTS) for row in rows if row.startswith(LISTS)]
    heads = ("| database | what | median ms | p95 ms | longest ms | wanted p95 |", "|---|---|---:|---:|---:|---:|")
    return "\n".join(
        [
            "# The site's pages",
            "",
            f"{todos:,} to-dos of {FLOWS} flows with a table each, {PEOPLE} people with 1-5 posts,",
            f"{requests} requests each; a tenth of them for whoever has the most and of own matters.",
            f"Python {platform.python_version()}, {os.cpu_count()} cores. `make bench-site` measures again.",
            "",
            "## The inbox",
            "",
            *heads,
            *inbox,
            "",
            "- question: what the inbox asks of the database, counted and its first 25 items read",
            "- page: the whole request in-process (session, gate, menu, inbox, template), without a network",
            "- most: the same for whoever has the most to do; API: `GET /api/inbox`",
            f"- {FIRST}: one, of a process just started; the others: everybody has asked once, as in a site that runs",
            "",
            f"## A list of {todos:,} items of one flow",
            "",
            *heads,
            *lists,
            "",
            f"{LIST_REQUESTS} requests each. A reader sees all of the list, one hospital of {HOSPITALS}, or what is",
            "the reader's own. What a list is sorted by or searched for is asked of every item that the reader sees.",
            "",
        ]
    )


# Made-up declarations and rows


def declarations() -> list[Any]:
    """30 flows like a referral's, and one whose items have ended; each has its table."""
    from django.db import models

    from yiheng.base.words import Word
    from yiheng.site.base.flow.declare import Flow, Sight, Step, state
    from yiheng.site.base.flow.models import Item
    from yiheng.site.base.flow.registry import declare
    from yiheng.site.base.party import Author, RoleAt, RoleOver
    from yiheng.site.base.places.models import Place
    from yiheng.site.base.places.roles import known_roles

    def table(code: str) -> Any:
        """The item of one made-up flow."""
        meta = type("Meta", (), {"app_label": "flow", "verbose_name": "基准"})
        org = models.ForeignKey(Place, models.PROTECT, related_name="+")
        fields = {"org": org, "title": models.CharField("事由", max_length=64)}
        return type(code.capitalize(), (Item,), {"__module__": __name__, "Meta": meta, **fields})

    roles = known_roles()
    waits, ends = state("waits", "待办", "waits"), state("ends", "已结", "ended", ends=True)
    begin = Step("begin", Word("起草", "begin"), (), waits, Author(), ("org", "title"))

    def made(code: str, *among: str) -> Flow:
        held = [roles[name] for name in among]
        terms = [RoleOver(role, "org") if "region" in role.held_at else RoleAt(role, "org") for role in held]
        who = terms[0] | terms[1]
        model = table(code)
        return declare(
            Flow(code, Word(f"基准{code}", code), model, (begin, Step("end", Word("办结", "end"), (waits,), ends, who)),
                 (Sight(who), Sight(Author())), listed=("number", "state", "org", "title", "made_at"),
                 searched=("number", "title", "org"))
        )  # fmt: skip

    pairs = [(ROLES[number % len(ROLES)], ROLES[(number + 1) % len(ROLES)]) for number in range(FLOWS)]
    return [
        *(made(f"bench{number:02}", *pair) for number, pair in enumerate(pairs)),
        made("ended", "leader", "commission"),
    ]


def fill(flows: list[Any], todos: int) -> list[Any]:
    """The rows, in bulk; the people."""
    chance = random.Random(SEED)
    places = _places()
    people = _people(chance, places)
    for first in range(1, todos + 1, CHUNK):
        numbers = range(first, min(first + CHUNK, todos + 1))
        _waiting(chance, _items(chance, flows[:-1], "waits", places, people, numbers), people)
        _items(chance, flows[-1:], "ends", places, people, [todos + each for each in numbers])
    _duties(chance, people, todos)
    return people


def _places() -> list[Any]:
    from yiheng.site.base.places.models import Place

    city = Place.objects.create(code="99", name="演示市", kind="region", path="/99/", start=START)
    found = []
    for number in range(COUNTIES):
        county = _place(f"99{number:02}", "region", city)
        county.save()
        found += [_place(f"H{number}{each:03}", "institution", county) for each in range(HOSPITALS // COUNTIES)]
    Place.objects.bulk_create(found)
    wards = [_place(f"{place.code}-{each}", "department", place) for place in found for each in range(DEPARTMENTS)]
    Place.objects.bulk_create(wards)
    return found


def _place(code: str, kind: str, parent: Any) -> Any:
    from yiheng.site.base.places.models import Place

    return Place(code=code, name=code, kind=kind, parent=parent, path=f"{parent.path}{code}/", start=START)


def _people(chance: random.Random, places: list[Any]) -> list[Any]:
    """One to five posts each; every twentieth at the city, over everything."""
    from yiheng.site.base.accounts.models import Person
    from yiheng.site.base.places.models import Delegation, Place, Post

    city = Place.objects.get(code="99")
    people = Person.objects.bulk_create(Person(username=f"p{number}", name=f"演示{number}") for number in range(PEOPLE))
    posts = []
    for number, person in enumerate(people):
        its = [city] if number % 20 == 0 else chance.sample(places, 2)
        among = ROLES[-2:] if number % 20 == 0 else ROLES[:-2]
        pairs = [(role, place) for role in among for place in its]
        for role, place in chance.sample(pairs, min(1 + number % 5, len(pairs))):
            ward = chance.choice(list(place.children.all())) if role in ("doctor", "head") else place
            posts.append(Post(person=person, role=role, place=ward, start=START))
    Post.objects.bulk_create(posts)
    Delegation.objects.bulk_create(
        Delegation(giver=people[n], taker=people[n + 1], cap=None if n % 4 else 5_000_000,
                   flow="" if n % 6 else "bench03", reason="休假", start=START, end=date(2036, 1, 1))
        for n in range(0, PEOPLE - 1, 10)
    )  # fmt: skip
    return people


def _items(
    chance: random.Random, flows: list[Any], state: str, places: list[Any], people: list[Any], numbers: Any
) -> list[tuple[int, Any, Any]]:
    """Items with these numbers; the number, the flow and the place of each."""
    from django.db import connection

    from yiheng.site.base.flow.models import Item

    rows = [(number, chance.choice(flows), chance.choice(places)) for number in numbers]
    Item.objects.bulk_create(
        Item(pk=number, flow=flow.code, definition=1, state=state, version=1, number=f"B{number:07}",
             author=chance.choice(people), matter_id=number, made_at=NOW,
             changed_at=NOW - timedelta(minutes=number % 90_000))
        for number, flow, _ in rows
    )  # fmt: skip
    with connection.cursor() as cursor:
        for flow in flows:
            cursor.executemany(
                f"INSERT INTO {flow.model._meta.db_table} (item_ptr_id, org_id, title) VALUES (%s, %s, %s)",
                [(number, place.pk, f"事由{number}") for number, its, place in rows if its is flow],
            )
    return rows


def _waiting(chance: random.Random, rows: list[tuple[int, Any, Any]], people: list[Any]) -> None:
    """A to-do for each item; an eighth waits for one person."""
    from yiheng.site.base.flow.todos import file

    file(_todo(chance, number, flow, place, people) for number, flow, place in rows)


def _todo(chance: random.Random, number: int, flow: Any, place: Any, people: list[Any]) -> Any:
    from yiheng.site.base.flow.models import Todo

    role = ROLES[(int(flow.code[5:]) + number % 2) % len(ROLES)]
    at: dict[str, Any] = {"role": role, "path": place.path, "over": role in ROLES[-2:]}
    if number % 8 == 0:
        at = {"person": chance.choice(people)}
    due = None if number % 5 == 0 else NOW + timedelta(hours=chance.randrange(-200, 900))
    amount = chance.randrange(10**7) if number % 3 == 0 else None
    since = NOW - timedelta(hours=chance.randrange(500))
    return Todo(item_id=number, matter_id=number, flow=flow.code, step="end", since=since, due=due, amount=amount, **at)


def _duties(chance: random.Random, people: list[Any], todos: int) -> None:
    """Every tenth matter bars somebody; every twentieth has a panel in which two have answered."""
    from yiheng.site.base.flow.models import Bar, Item, Poll, Seat

    flows = dict(Item.objects.filter(pk__lte=todos).values_list("pk", "flow"))
    matters = range(1, todos + 1, 10)
    Bar.objects.bulk_create(
        (Bar(matter_id=n, person=chance.choice(people), flow=flows[n], step="end") for n in matters), batch_size=CHUNK
    )
    asked = [Poll(item_id=n, step="end", opened_at=NOW) for n in range(1, todos + 1, 20)]
    polls = Poll.objects.bulk_create(asked, batch_size=CHUNK)
    seats = ((poll, person) for poll in polls for person in chance.sample(people, 2))
    Seat.objects.bulk_create(
        (Seat(poll=poll, person=person, person_answered=person, behalf=person, at=NOW) for poll, person in seats),
        batch_size=CHUNK,
    )


# Measuring


def measure(engine: str, todos: int, requests: int) -> None:
    """Make the tables and rows, then ask; prints the lines of the page."""
    from django.core.management import call_command
    from django.db import connection

    import yiheng.site.wsgi  # noqa: F401 (all of the code is read, as where it is served, before anything is measured)

    call_command("migrate", interactive=False, verbosity=0)
    flows = declarations()
    with connection.schema_editor() as editor:
        for flow in flows:
            editor.create_model(flow.model)
    began = time.perf_counter()
    people = fill(flows, todos)
    with connection.cursor() as cursor:
        for command in ("VACUUM ANALYZE", "CHECKPOINT") if connection.vendor == "postgresql" else ("ANALYZE",):
            cursor.execute(command)
    print(f"{engine}: filled in {time.perf_counter() - began:.0f} s", file=sys.stderr)
    for name, times in inboxes(people, requests):
        _tell(
            engine,
            name,
            times,
            "" if name == FIRST else f"{MOST:.0f}{'' if _p95(times) < MOST else ' **missed**'}",
        )
    for name, times in lists(people, todos):
        _tell(f"{LISTS}{engine}", name, times, "")


def _tell(engine: str, name: str, times: list[float], wanted: str) -> None:
    each = f"{statistics.median(times):.1f} | {_p95(times):.1f} | {max(times):.1f}"
    line = f"| {engine.removeprefix(LISTS)} | {name} | {each} | {wanted} |"
    print(f"{LISTS}{line}" if engine.startswith(LISTS) else line, flush=True)


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1] if len(times) > 1 else times[0]


def inboxes(people: list[Any], requests: int) -> Iterator[tuple[str, list[float]]]:
    """Milliseconds of every call of each kind."""
    from yiheng.site.base.flow.inbox import Inbox, inbox
    from yiheng.site.base.pages.paging import MOST as COUNTED
    from yiheng.site.base.places.standing import actor_of

    chance = random.Random(SEED)
    askers = [chance.choice(people) for _ in range(requests)]
    actors = {person.pk: actor_of(person.pk, DAY) for person in people}
    counts = {number: len(set(inbox(actor).values_list("todo", flat=True))) for number, actor in actors.items()}
    most = max(people, key=lambda person: counts[person.pk])
    told = f"median {statistics.median(counts.values())}, most {max(counts.values())}"
    print(f"to-dos of a person: {told}", file=sys.stderr)
    clients = {person.pk: _entered(person) for person in {*askers, most}}
    whose = f"most ({counts[most.pk]:,} to-dos)"
    asked = {
        "question": lambda person: _timed(lambda: Inbox(actors[person.pk], COUNTED).between(0, 26)),
        "page": lambda person: _asked(clients[person.pk], "/"),
        "API": lambda person: _asked(clients[person.pk], "/api/inbox"),
    }
    yield FIRST, [asked["page"](askers[0])]
    for _ in _in_turn(asked, [(person,) for person in {*askers}]):
        pass
    yield from _in_turn(asked, [(person,) for person in askers])
    fewer = max(requests // 10, 20)
    addresses = {"page": "/", "API": "/api/inbox", "page 20": "/?page=20", "a flow": "/?flow=bench06"}
    yield from _in_turn(
        {f"{name}, {whose}": partial(_asked, clients[most.pk], address) for name, address in addresses.items()},
        [()] * fewer,
    )
    yield from _in_turn(
        {"own matters": lambda person: _asked(clients[person.pk], "/mine/")}, [(each,) for each in askers[:fewer]]
    )


def _in_turn(calls: dict[str, Callable[..., float]], given: list[tuple[Any, ...]]) -> Iterator[tuple[str, list[float]]]:
    """Milliseconds of each call, one after the other for each of what is given: a slow moment falls on all of them."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for each in given:
        for name, call in calls.items():
            times[name].append(call(*each))
    yield from times.items()


def lists(people: list[Any], todos: int) -> Iterator[tuple[str, list[float]]]:
    """Milliseconds of pages of the one long list, for readers who see all, a part, and only their own."""
    from yiheng.site.base.places.standing import actor_of

    sorts = [f"sort={name}" for name in ("number", "state", "org", "title", "made_at")]
    held = {person: {(each.role, each.path) for each in actor_of(person.pk, DAY).own.posts} for person in people}
    for whose, sees in (("all", _sees_all), ("one hospital", _sees_one), ("own", _sees_none)):
        client = _entered(next(person for person in people if sees(held[person])))
        _asked(client, "/flows/ended/")
        for wanted in ("", "page=20", *sorts, f"q=B{todos + todos // 2:07}", "q=H00"):
            times = [_asked(client, f"/flows/ended/?{wanted}") for _ in range(LIST_REQUESTS)]
            yield f"{whose}: {wanted or 'first page'}", times


def _sees_all(held: set[tuple[str, str]]) -> bool:
    return ("commission", "/99/") in held


def _sees_one(held: set[tuple[str, str]]) -> bool:
    return [role for role, _ in held if role in ("leader", "commission")] == ["leader"]


def _sees_none(held: set[tuple[str, str]]) -> bool:
    return not any(role in ("leader", "commission") for role, _ in held)


def _entered(person: Any) -> Any:
    """A browser of a person who has just signed in."""
    from django.test import Client

    client = Client()
    client.handler = _handler()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@cache
def _handler() -> Any:
    """What answers all of them: a process that serves has read its middleware and files once, not for each browser."""
    from django.test.client import ClientHandler

    handler = ClientHandler()
    handler.load_middleware()
    return handler


def _asked(client: Any, address: str) -> float:
    """Milliseconds of a request that is answered."""
    answers: list[Any] = []
    took = _timed(lambda: answers.append(client.get(address)))
    if answers[0].status_code != 200:
        raise RuntimeError(f"{address}: {answers[0].status_code}")
    return took


def _timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


# A PostgreSQL of its own


@contextmanager
def nowhere(folder: Path) -> Iterator[str | None]:  # noqa: ARG001 (SQLite lies in the site's folder)
    yield ""


@contextmanager
def postgres(folder: Path) -> Iterator[str | None]:
    """A server on loopback for this run; None where it is not installed."""
    if not POSTGRES.exists():
        print("PostgreSQL 15 is not installed: left out", file=sys.stderr)
        yield None
        return
    owner = _owner(folder)
    data, log, port = folder / "data", folder / "log", _free_port()
    made = ("-D", data, "-U", "yiheng", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8")
    subprocess.run([str(part) for part in (POSTGRES / "initdb", *made)], check=True, capture_output=True, **owner)
    options = ("-D", str(data), "-h", "127.0.0.1", "-p", str(port), "-k", str(data))
    with log.open("w") as told:
        server = subprocess.Popen([str(POSTGRES / "postgres"), *options], stdout=told, stderr=told, **owner)
        try:
            _wait(port)
            yield _made_database(port)
        finally:
            server.terminate()
            server.wait(30)


def _owner(folder: Path) -> dict[str, Any]:
    """PostgreSQL refuses root, which becomes Debian's user for it."""
    if os.geteuid() != 0:
        return {}
    its = pwd.getpwnam("postgres")
    folder.chmod(0o711)
    shutil.chown(folder, "postgres")
    return {"user": its.pw_uid, "group": its.pw_gid, "extra_groups": []}


def _wait(port: int) -> None:
    import psycopg

    for _ in range(300):
        try:
            psycopg.connect(f"postgresql://yiheng@127.0.0.1:{port}/postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("PostgreSQL does not start")


def _made_database(port: int) -> str:
    import psycopg

    with psycopg.connect(f"postgresql://yiheng@127.0.0.1:{port}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE bench")
    return f"postgresql://yiheng@127.0.0.1:{port}/bench"


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


if __name__ == "__main__":
    main()
