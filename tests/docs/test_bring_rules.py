"""The page on bringing a city's rules does what it says: its own blocks are written and run."""

import re
import shlex
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from yiheng.base.refusal import Refusal
from yiheng.cli.main import app
from yiheng.drg.packs.places import packs_in_force, registry

BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
# The files that the blocks make, in the order of the page.
FILES = (
    "national/pack.toml", "national/mdc.csv", "national/mdc_dx.csv", "national/adrg.csv", "national/adrg_list.csv",
    "national/drg.csv", "national/cc.csv", "national/exclusion.csv", "national/icd10.csv", "national/icd9.csv",
    "city/pack.toml", "city/adrg_list.csv", "city/drg.csv", "cases.csv", "places.yaml",
)  # fmt: skip


@pytest.fixture
def page(root: Path) -> str:
    return (root / "docs" / "how-to" / "bring-your-citys-rules.md").read_text(encoding="utf-8")


@pytest.fixture
def folder(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files of the page, where its commands are run."""
    texts = [text for language, text in BLOCK.findall(page) if language in ("toml", "csv", "yaml")]
    for name, text in zip(FILES, texts, strict=True):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def commands(page: str) -> Iterator[list[str]]:
    for language, text in BLOCK.findall(page):
        if language == "sh":
            yield from (shlex.split(line)[1:] for line in text.splitlines())


@pytest.mark.slow
def test_the_commands_of_the_page_say_what_it_says(page: str, folder: Path) -> None:
    said = {}
    for arguments in commands(page):
        ran = CliRunner().invoke(app, arguments)
        assert ran.exit_code == 0, (arguments, ran.output, ran.exception)
        said[arguments[1]] = ran.stdout
    assert list(said) == ["check", "diff", "show", "impact", "group", "export"]
    assert said["check"] == "0 处错误, 0 处警告\n"
    (told,) = [text for language, text in BLOCK.findall(page) if language == "text"]
    assert said["diff"].endswith(told)
    assert said["show"].startswith("# BB19 颈动脉手术\n")
    assert said["impact"].startswith("3 例中 2 例变动\n")
    moved = (folder / "moved.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert [(line.split(",")[1], line.split(",")[-3]) for line in moved] == [("2", "BB19"), ("3", "")]
    grouped = (folder / "grouped.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert [line.split(",")[5] for line in grouped] == ["BR11", "BB19", ""]


def test_the_registry_of_the_page(folder: Path) -> None:
    force = packs_in_force("city", registry(folder), folder)
    assert (force.of(date(2023, 12, 31)).id, force.of(date(2024, 1, 1)).id) == ("national", "city-2024")
    with pytest.raises(Refusal, match="no pack is in force in city on 2025-01-01"):
        force.of(date(2025, 1, 1))
