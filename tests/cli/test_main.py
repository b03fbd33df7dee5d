"""yiheng: what holds for every command."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import yiheng as package
from yiheng.tables.version import code_version


def test_the_version_names_the_code(yiheng: Any) -> None:
    ran = yiheng("--version")
    assert (ran.code, ran.out, ran.err) == (0, f"yiheng {code_version()}\n", "")
    assert ran.out.startswith(f"yiheng {package.__version__}+")


def test_the_installed_command() -> None:
    command = Path(sys.executable).with_name("yiheng")
    refused = subprocess.run(
        [command, "norms", "build", "--cases", "nowhere", "--by", "hospital", "--out", "x.csv"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == "yiheng: file nowhere: there is no such file\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        *[(room, "--help") for room in ("demo", "analyse", "cases", "norms", "dip")],
        *[(room, command, "--help") for room, command in (("cases", "load"), ("norms", "build"))],
        *[("dip", command, "--help") for command in ("build", "assign")],
    ],
)
def test_every_command_says_what_it_does(yiheng: Any, arguments: tuple[str, ...]) -> None:
    ran = yiheng(*arguments)
    assert (ran.code, ran.err) == (0, "")
    assert "Usage: " in ran.out


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("norms",),
        ("nonsense",),
        ("norms", "build"),
        ("norms", "build", "--cases", "x.csv", "--by", "hospital", "--out", "y.csv", "--nonsense"),
        ("norms", "build", "--cases", "x.csv", "--by", "hospital", "--out", "y.csv", "--commit", "0"),
        ("norms", "build", "--cases", "x.csv", "--by", "hospital", "--out", "y.csv", "--commit", "last"),
        ("dip", "assign", "--cases", "x.csv", "--out", "y.csv"),
        ("demo", "--cases", "0"),
        ("cases", "load", "x.csv"),
        ("cases", "load", "x.csv", "--to", "d", "--format", "xml"),
    ],
)
def test_bad_usage_ends_with_2(yiheng: Any, arguments: tuple[str, ...], tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    ran = yiheng(*arguments)
    assert ran.code == 2
    assert "Traceback" not in ran.err
    assert list(tmp_path.iterdir()) == []
