"""Many processes write at once, on SQLite and on PostgreSQL: one chain, nothing lost or sealed twice."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

MANY, FEW = (6, 25), (2, 8)

SETUP = """
import django, json, sys; django.setup()
from datetime import timedelta
from django.utils.timezone import now
from django.db import IntegrityError, connection, transaction
from yiheng.site.base.audit.chain import write
from yiheng.site.base.audit.looks import refused, seal
from yiheng.site.base.audit.models import Entry, Head, Look
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.audit.verify import verify
"""
WRITER = """
for number in range(int(sys.argv[2])):
    write(None, "made", Of("thing", f"{sys.argv[1]}-{number}"), now(), n=number)
    refused(None, "open", Of("thing", f"{sys.argv[1]}-{number}"), "party", now())
    if number % 5 == 0: seal(now())
result = None
"""
TOLD = """
seal(now())
numbers = list(Entry.objects.filter(action="made").values_list("number", flat=True))
seqs = list(Entry.objects.order_by("seq").values_list("seq", flat=True))
sealed = sum(entry.detail["count"] for entry in Entry.objects.filter(action="audit.seal"))
result = [[f.text.en for f in verify()], len(numbers), len(set(numbers)), seqs == list(range(1, len(seqs) + 1)),
          sealed, Look.objects.filter(seal=None).count(), Head.objects.get().seq == len(seqs)]
"""
FORBIDDEN = """
def tried(sql):
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    except IntegrityError as why:
        return "only ever added to" in str(why)
    return False
words = ["UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry", "UPDATE audit_look SET number = 'x'",
         "DELETE FROM audit_look", "UPDATE audit_head SET seq = 1", "DELETE FROM audit_head"]
if connection.vendor == "postgresql":
    words += [f"TRUNCATE {table} CASCADE" for table in ("audit_entry", "audit_look", "audit_head")]
result = [tried(sql) for sql in words]
"""


def env(folder: Path, database: str) -> dict[str, str]:
    paths = [str(Path(path).resolve()) for path in sys.path if path]
    own = {"YIHENG_SITE_DIR": str(folder), "YIHENG_HTTPS": "no", "PYTHONPATH": os.pathsep.join(paths)}
    return os.environ | own | {"YIHENG_DATABASE": database}


def run(given: dict[str, str], *words: str) -> str:
    done = subprocess.run([sys.executable, *words], env=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def told(given: dict[str, str], code: str) -> list[object]:
    found: list[object] = json.loads(run(given, "-c", f"{SETUP}\n{code}\nprint(json.dumps(result))").splitlines()[-1])
    return found


def side_by_side(given: dict[str, str], writers: int, each: int) -> None:
    """The scene: several processes write, refuse and seal side by side."""
    run(given, "-m", "django", "migrate", "--verbosity", "0")
    code = f"{SETUP}\n{WRITER}"
    command = [sys.executable, "-c", code]
    started = [subprocess.Popen([*command, str(name), str(each)], env=given) for name in range(writers)]
    assert [writer.wait(120) for writer in started] == [0] * writers
    count = writers * each
    assert told(given, TOLD) == [[], count, count, True, count, 0, True]


def many_writers(given: dict[str, str]) -> None:
    """And nobody changes any of it."""
    side_by_side(given, *MANY)
    assert all(told(given, FORBIDDEN))
    assert told(given, "result = [f.code for f in verify()]") == []


@pytest.mark.slow
def test_two_on_sqlite(tmp_path: Path) -> None:
    side_by_side(env(tmp_path / "site", ""), *FEW)


@pytest.mark.soak
def test_on_sqlite(tmp_path: Path) -> None:
    many_writers(env(tmp_path / "site", ""))


@pytest.mark.postgres
def test_on_postgresql(tmp_path: Path, postgres: str) -> None:
    import psycopg

    with psycopg.connect(f"{postgres}/postgres", autocommit=True) as server:
        server.execute("CREATE DATABASE audit_writers")
    many_writers(env(tmp_path / "site", f"{postgres}/audit_writers"))
