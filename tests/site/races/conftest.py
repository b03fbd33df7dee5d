"""Databases for races (并发数据库): made once for each engine, copied for each scene; the stage runs as a program."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

STAGE = Path(__file__).with_name("stage.py")
SETTINGS = Path(__file__).resolve().parents[2] / "settings"
ENGINES = ("sqlite", pytest.param("postgres", marks=pytest.mark.postgres))
_numbers = count()


@dataclass(frozen=True)
class Ended:
    """What a scene came to: what each actor was told, and what was in the database."""

    told: list[str]
    after: dict[str, Any]

    @property
    def acts(self) -> int:
        """How many different acts the actors were told of."""
        return len({each for each in self.told if each.startswith("act ")})

    def times(self, said: str) -> int:
        return self.told.count(said)


@dataclass(frozen=True)
class Ground:
    """A migrated database that is copied for each scene."""

    folder: Path
    server: str

    def run(self, *arguments: str) -> Ended:
        """Play a scene on a fresh copy."""
        done = subprocess.run(
            [sys.executable, str(STAGE), *arguments],
            env=self._fresh(),
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        said = json.loads(done.stdout.splitlines()[-1])
        return Ended(said["told"], said["after"])

    def _fresh(self) -> dict[str, str]:
        name = f"scene{next(_numbers)}"
        folder = self.folder.parent / name
        if not self.server:
            shutil.copytree(self.folder, folder)
            return environment(folder, "")
        folder.mkdir()
        psql(self.server, f"CREATE DATABASE {name} TEMPLATE ground")
        return environment(folder, f"{self.server}/{name}")


def environment(folder: Path, database: str) -> dict[str, str]:
    own = {"YIHENG_SITE_DIR": str(folder), "YIHENG_DATABASE": database, "DJANGO_SETTINGS_MODULE": "site_settings"}
    return {**os.environ, **own, "PYTHONPATH": str(SETTINGS)}


def psql(server: str, command: str) -> None:
    import psycopg

    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(command)


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Ground]:
    made: dict[str, Ground] = {}

    def of(engine: str, server: str) -> Ground:
        if engine not in made:
            folder = tmp_path_factory.mktemp(engine) / "ground"
            folder.mkdir()
            if server:
                psql(server, "CREATE DATABASE ground")
            command = [sys.executable, "-m", "django", "migrate", "--verbosity", "0"]
            subprocess.run(command, env=environment(folder, server and f"{server}/ground"), check=True)
            made[engine] = Ground(folder, server)
        return made[engine]

    return of


@pytest.fixture(params=ENGINES)
def stage(request: pytest.FixtureRequest, ground: Callable[[str, str], Ground]) -> Ground:
    """A database to race on: SQLite, then PostgreSQL."""
    engine = request.param
    return ground(engine, request.getfixturevalue("postgres") if engine == "postgres" else "")


@pytest.fixture
def postgres_stage(ground: Callable[[str, str], Ground], postgres: str) -> Ground:
    """PostgreSQL alone, for guards that SQLite, which has one writer at a time, does not need."""
    return ground("postgres", postgres)
