"""The stage (舞台): one database, many actors at once. Run as a program, so that each engine has its own settings.

    python stage.py SCENE threads|processes [--without GUARD] [--kill SEED]

Prints one line of JSON: what each actor was told, and what is in the database afterwards. `--without` takes a guard
out, to see that the scene would notice. `--kill` kills actors at random moments (processes only) and lets them try
again, with the same request key, until they are told.
"""

import argparse
import json
import multiprocessing
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_settings")
django.setup()

import cells  # noqa: E402
import factors  # noqa: E402
import hands  # noqa: E402
import scenes  # noqa: E402
import ticks  # noqa: E402
from django.db import IntegrityError, OperationalError, close_old_connections, connection, connections  # noqa: E402
from django.db.models.query import QuerySet  # noqa: E402


@contextmanager
def _unlocked() -> Iterator[None]:
    """No lock of rows: select_for_update gives rows as they are; SQLite begins its transactions as a reader."""
    with patch.object(QuerySet, "select_for_update", lambda self, *_, **__: self):
        yield


def _patched(target: str, value: Any) -> Callable[[], Any]:
    return lambda: patch(target, value)


GUARDS: dict[str, Callable[[], Any]] = {
    "version": _patched("yiheng.site.base.flow.act._same_version", lambda *_: True),
    "request": _patched("yiheng.site.base.flow.act._done", lambda *_: None),
    "locks": _unlocked,
    **scenes.GUARDS,
    **ticks.GUARDS,
    **cells.GUARDS,
    **hands.GUARDS,
    **factors.GUARDS,
}
SCENES = scenes.SCENES | ticks.SCENES | cells.SCENES | hands.SCENES | factors.SCENES


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("scene", choices=sorted(SCENES))
    asked.add_argument("mode", choices=("threads", "processes"))
    asked.add_argument("--without", choices=sorted(GUARDS))
    asked.add_argument("--kill", type=int)
    options = asked.parse_args()
    scene = SCENES[options.scene]()
    connections.close_all()
    with ExitStack() as out:
        if options.without:
            out.enter_context(GUARDS[options.without]())
        told = _threads(scene) if options.mode == "threads" else _processes(scene, options.kill)
    print(json.dumps({"told": told, "after": scene.after()}, ensure_ascii=False))


def _threads(scene: "scenes.Scene") -> list[str]:
    told = [""] * scene.actors
    start = threading.Barrier(scene.actors)

    def one(number: int) -> None:
        start.wait()
        told[number] = _told(scene, number)
        connections.close_all()

    each = [threading.Thread(target=one, args=(number,)) for number in range(scene.actors)]
    for thread in each:
        thread.start()
    for thread in each:
        thread.join()
    return told


def _processes(scene: "scenes.Scene", seed: int | None) -> list[str]:
    """Each actor is a process; whoever is killed before it was told tries again, as a browser does."""
    forks = multiprocessing.get_context("fork")
    heard = forks.Array("i", scene.actors)
    answers = [forks.Queue() for _ in range(scene.actors)]
    chance = random.Random(seed)
    running = {number: _started(forks, scene, number, heard, answers[number]) for number in range(scene.actors)}
    while running:
        for number, process in list(running.items()):
            if seed is not None and not heard[number] and chance.random() < 0.3:
                process.kill()
            process.join(0.02 if seed is not None else None)
            if process.is_alive():
                continue
            del running[number]
            if process.exitcode not in (0, -signal.SIGKILL):
                raise RuntimeError(f"actor {number} failed")
            if not heard[number]:
                running[number] = _started(forks, scene, number, heard, answers[number])
    return [each.get() for each in answers]


def _started(forks: Any, scene: "scenes.Scene", number: int, heard: Any, answer: Any) -> Any:
    def one() -> None:
        time.sleep(random.Random(number + time.time_ns()).random() * 0.05)
        said = _told(scene, number)
        answer.put(said)
        answer.close()
        answer.join_thread()
        heard[number] = 1
        os._exit(0)

    process = forks.Process(target=one)
    process.start()
    return process


def _told(scene: "scenes.Scene", number: int) -> str:
    close_old_connections()
    connection.ensure_connection()
    try:
        return scene.act(number)
    except (OperationalError, IntegrityError) as fault:
        return f"fault: {fault}"


if __name__ == "__main__":
    sys.exit(main())
