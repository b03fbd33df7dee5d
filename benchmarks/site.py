"""The inbox with many to-dos: the query and the whole page, p95, on SQLite and on PostgreSQL 15.

    .venv/bin/python benchmarks/site.py [--todos 200000] [--requests 500] [--write]

30 made-up flows, one item a to-do, 60 hospitals with ten departments in a region of six counties, 400 people with one
to five posts each, of whom some have lent posts, duties that bar them and seats that they filled. Requests go through
Django's test client in this process: sessions, the gate, the menu and the page are all in them, no network is. Who
asks is drawn with a seed, among them those who hold the most. PostgreSQL runs on loopback, with its own settings but
for the place of its files; where Debian's postgresql-15 is not installed it is left out. `--write`: benchmarks/site.md.
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
from dataclasses import dataclass
from datetime import date, datetime, timedelta
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
ROLES = ("doctor", "head", "leader", "finance", "operations", "coder", "commission", "insurance")


@dataclass(frozen=True)
class Measured:
    """Milliseconds of every call, by what was called."""

    engine: str
    times: dict[str, list[float]]
    largest: int


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
    return "\n".join(
        [
            "# The inbox",
            "",
            f"{todos:,} to-dos of {FLOWS} flows, {PEOPLE} people with 1-5 posts, {requests} requests each.",
            f"Python {platform.python_version()}, {os.cpu_count()} cores. `make bench-site` measures again.",
            "",
            "| database | what | median ms | p95 ms | longest ms | wanted p95 |",
            "|---|---|---:|---:|---:|---:|",
            *rows,
            "",
            "- query: the first 25 of the inbox, read; count: how many there are, as the page asks it",
            "- page: the whole request in-process (session, gate, menu, inbox, template), without a network",
            "- largest: the same page for whoever has the most to do",
            "",
        ]
    )


# Made-up declarations and rows


def declarations() -> list[Any]:
    """30 flows like a referral's, each with two states that wait, over one table of items."""
    from django.db import models

    from yiheng.base.words import Word
    from yiheng.site.base.flow.declare import Flow, Sight, Step, state
    from yiheng.site.base.flow.models import Item
    from yiheng.site.base.flow.registry import declare
    from yiheng.site.base.party import Author, RoleAt, RoleOver
    from yiheng.site.base.places.models import Place
    from yiheng.site.base.places.roles import known_roles

    class Bench(Item):
        """The item of all made-up flows."""

        org = models.ForeignKey(Place, models.PROTECT, related_name="+")
        title = models.CharField("事由", max_length=64)

        class Meta:
            app_label = "flow"
            verbose_name = "基准"

    roles = known_roles()
    waits, ends = state("waits", "待办", "waits"), state("ends", "已结", "ended", ends=True)
    made = []
    for number in range(FLOWS):
        first, second = roles[ROLES[number % len(ROLES)]], roles[ROLES[(number + 1) % len(ROLES)]]
        terms = [RoleOver(role, "org") if "region" in role.held_at else RoleAt(role, "org") for role in (first, second)]
        who = terms[0] | terms[1]
        word = Word(f"基准{number}", f"bench {number}")
        steps = (
            Step("begin", Word("起草", "begin"), (), waits, Author(), ("org", "title")),
            Step("end", Word("办结", "end"), (waits,), ends, who),
        )
        made.append(
            declare(Flow(f"bench{number:02}", word, Bench, steps, (Sight(who), Sight(Author())),
                         listed=("number", "state", "org", "title", "made_at")))
        )  # fmt: skip
    return made


def fill(flows: list[Any], todos: int) -> list[Any]:
    """The rows, in bulk; the people."""
    chance = random.Random(SEED)
    places = _places()
    people = _people(chance, places)
    numbers = range(1, todos + 1)
    for first in range(0, todos, CHUNK):
        _items(chance, flows, places, people, numbers[first : first + CHUNK])
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


def _items(chance: random.Random, flows: list[Any], places: list[Any], people: list[Any], numbers: range) -> None:
    """Items and a to-do for each; an eighth waits for one person."""
    from django.db import connection

    from yiheng.site.base.flow.models import Item, Todo

    rows = [(number, chance.choice(flows), chance.choice(places), chance.choice(people)) for number in numbers]
    Item.objects.bulk_create(
        Item(pk=number, flow=flow.code, definition=1, state="waits", version=1, number=f"B{number:07}", author=person,
             matter_id=number, made_at=NOW, changed_at=NOW - timedelta(minutes=number % 90_000))
        for number, flow, _, person in rows
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO flow_bench (item_ptr_id, org_id, title) VALUES (%s, %s, %s)",
            [(number, place.pk, f"事由{number}") for number, _, place, _ in rows],
        )
    Todo.objects.bulk_create(_todo(chance, number, flow, place, people) for number, flow, place, _ in rows)


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

    flows = dict(Item.objects.values_list("pk", "flow"))
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
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.urls import get_resolver

    get_resolver().url_patterns  # noqa: B018 (all of the code is read before anything is measured)
    call_command("migrate", interactive=False, verbosity=0)
    flows = declarations()
    with connection.schema_editor() as editor:
        editor.create_model(flows[0].model)
    began = time.perf_counter()
    people = fill(flows, todos)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(f"{engine}: filled in {time.perf_counter() - began:.0f} s", file=sys.stderr)
    for name, times in measured(people, requests):
        p95 = statistics.quantiles(times, n=20)[-1]
        told = f"| {engine} | {name} | {statistics.median(times):.1f} | {p95:.1f} | {max(times):.1f} |"
        print(told, f"{MOST:.0f}{'' if p95 < MOST else ' **missed**'} |", flush=True)


def measured(people: list[Any], requests: int) -> Iterator[tuple[str, list[float]]]:
    """Milliseconds of every call of each kind."""
    from django.core.paginator import Paginator
    from django.test import Client

    from yiheng.site.base.pages.inboxes import waiting
    from yiheng.site.base.places.standing import actor_of

    chance = random.Random(SEED)
    askers = [chance.choice(people) for _ in range(requests)]
    actors = {person.pk: actor_of(person.pk, DAY) for person in people}
    counts = {number: waiting(actor).count() for number, actor in actors.items()}
    most = max(people, key=lambda person: counts[person.pk])
    print(
        f"to-dos of a person: median {statistics.median(counts.values())}, most {max(counts.values())}", file=sys.stderr
    )
    yield "query", [_timed(lambda p=person: list(waiting(actors[p.pk])[:25])) for person in askers]
    yield "count", [_timed(lambda p=person: Paginator(waiting(actors[p.pk]), 25).count) for person in askers]
    clients = {person.pk: _entered(Client(), person) for person in {*askers, most}}
    clients[most.pk].get("/")
    yield "page", [_timed(lambda p=person: _asked(clients[p.pk], "/")) for person in askers]
    largest = [_timed(lambda: _asked(clients[most.pk], "/")) for _ in range(max(requests // 10, 20))]
    yield f"page, largest ({counts[most.pk]:,} to-dos)", largest


def _entered(client: Any, person: Any) -> Any:
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def _asked(client: Any, address: str) -> None:
    answer = client.get(address)
    if answer.status_code != 200:
        raise RuntimeError(f"{address}: {answer.status_code}")


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
