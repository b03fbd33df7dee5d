"""The house rules find what they forbid and leave the rest alone."""

from pathlib import Path

import pytest

import check_house

HEAD = '"""A module."""\n'


@pytest.mark.parametrize(
    ("code", "finding"),
    [
        ("import time", "imports time (a clock): not in an engine"),
        ("from time import perf_counter", "imports time (a clock): not in an engine"),
        ("import django.db.models", "imports django (a web framework): not in an engine"),
        ("from urllib import request", "imports urllib.request (the network): not in an engine"),
        ("import http.client", "imports http (the network): not in an engine"),
        ("from rich.console import Console", "imports rich (a screen): not in an engine"),
        ("day = date.today()", "calls today(): an engine is told the day"),
        ("day = datetime.datetime.now(tz)", "calls now(): an engine is told the day"),
        ("print(1)", "calls print(): an engine has no screen"),
        ("numbers = np.random.default_rng()", "calls default_rng() without a seed"),
    ],
)
def test_an_engine_that_touches_the_world_is_found(code: str, finding: str) -> None:
    assert check_house.findings(Path("norms/weights.py"), HEAD + code) == [f"norms/weights.py:2: {finding}"]
    assert check_house.findings(Path("cli/demo.py"), HEAD + code) == []


@pytest.mark.parametrize(
    "code",
    [
        "from urllib.parse import unquote",
        "from datetime import date",
        "import timeit",
        "numbers = np.random.default_rng(7)",
        "day = clock.today()",
        "from . import time",
    ],
)
def test_what_only_looks_alike_is_left_alone(code: str) -> None:
    assert check_house.findings(Path("norms/weights.py"), HEAD + code) == []


def test_only_progress_may_speak() -> None:
    code = HEAD + "import rich\nprint(1)\n"
    assert check_house.findings(Path("base/progress.py"), code) == []
    assert len(check_house.findings(Path("base/words.py"), code)) == 2


@pytest.mark.parametrize("caught", ["", " Exception", " BaseException as e", " (ValueError, Exception)"])
def test_catching_everything_is_found_in_every_room(caught: str) -> None:
    code = f"{HEAD}try:\n    run()\nexcept{caught}:\n    pass\n"
    assert check_house.findings(Path("cli/demo.py"), code) == [
        "cli/demo.py:4: catches every exception: name those that can be answered"
    ]


def test_catching_a_named_exception_is_fine() -> None:
    code = f"{HEAD}try:\n    run()\nexcept (ValueError, KeyError):\n    pass\n"
    assert check_house.findings(Path("cli/demo.py"), code) == []


def test_a_long_function_is_found() -> None:
    function = "def run() -> None:\n" + "    step()\n" * 59
    assert check_house.findings(Path("cli/demo.py"), HEAD + function) == []
    assert check_house.findings(Path("cli/demo.py"), HEAD + function + "    step()\n") == [
        "cli/demo.py:2: run has 61 lines (at most 60)"
    ]


def test_a_module_says_what_it_is_for() -> None:
    assert check_house.findings(Path("dip/__init__.py"), "") == [
        "dip/__init__.py:1: has no docstring that says what it is for"
    ]
    assert check_house.findings(Path("dip/utils.py"), HEAD) == [
        "dip/utils.py:1: is named for nothing: a module has one idea and its name says it"
    ]


def test_a_folder_of_python_has_an_init(tmp_path: Path) -> None:
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "kernel.py").touch()
    (tmp_path / "__init__.py").touch()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "names.csv").touch()
    assert check_house.folders_without_init(tmp_path) == ["room: has no __init__.py"]
    (tmp_path / "__init__.py").unlink()
    assert check_house.folders_without_init(tmp_path / "data") == []
