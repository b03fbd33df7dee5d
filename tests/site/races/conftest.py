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
from filelock import FileLock

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

    @property
    def counts(self) -> dict[str, int]:
        """How often what was told: without the numbers of acts and jobs."""
        words = [told.rstrip("0123456789 ") if told.startswith(("act ", "job ")) else told for told in self.told]
        return {word: words.count(word) for word in words}

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
        name = f"scene{os.environ.get('PYTEST_XDIST_WORKER', '')}{next(_numbers)}"
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
    """Migrated at the first asking; that of SQLite, which is a folder, by one of the test processes for all of them."""
    made: dict[str, Ground] = {}

    def of(engine: str, server: str) -> Ground:
        if engine not in made:
            own = tmp_path_factory.mktemp(engine)
            if server:
                made[engine] = Ground(own / "ground", server)
                psql(server, "CREATE DATABASE ground")
                _migrate(own / "ground", f"{server}/ground")
            else:
                made[engine] = Ground(_shared(tmp_path_factory), "")
        return made[engine]

    return of


def _shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared-ground" / "ground"
    folder.parent.mkdir(exist_ok=True)
    with FileLock(folder.parent / "lock"):
        if not folder.is_dir():
            _migrate(folder.with_name("half"), "")
            folder.with_name("half").rename(folder)
    return folder


def _migrate(folder: Path, database: str) -> None:
    folder.mkdir()
    command = [sys.executable, "-m", "django", "migrate", "--verbosity", "0"]
    subprocess.run(command, env=environment(folder, database), check=True)


@pytest.fixture(params=ENGINES)
def stage(request: pytest.FixtureRequest, ground: Callable[[str, str], Ground]) -> Ground:
    """A database to race on: SQLite, then PostgreSQL."""
    engine = request.param
    return ground(engine, request.getfixturevalue("postgres") if engine == "postgres" else "")


@pytest.fixture
def postgres_stage(ground: Callable[[str, str], Ground], postgres: str) -> Ground:
    """PostgreSQL alone, for guards that SQLite, which has one writer at a time, does not need."""
    return ground("postgres", postgres)
