"""The how-to pages do what they say: their own blocks are run."""

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

from yiheng.cases.load import load
from yiheng.cli.main import app
from yiheng.tables.data import Data
from yiheng.tables.engine import engine
from yiheng.tables.snapshot import Snapshot


def block(page: Path, language: str) -> str:
    """The first block of this language on a page."""
    found = re.search(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return found[1]


def test_map_your_own_file(root: Path, tmp_path: Path) -> None:
    page = root / "docs" / "how-to" / "map-your-own-file.md"
    file, mapping = tmp_path / "discharges.csv", tmp_path / "mapping.yaml"
    file.write_text(block(page, "csv"), encoding="gb18030")
    mapping.write_text(block(page, "yaml"), encoding="utf-8")
    loaded = load(tmp_path / "region", [file], mapping)
    total = loaded.accepted + loaded.quarantined
    said = f"accepted {loaded.accepted}, quarantined {loaded.quarantined}, of {total} rows"
    assert said in page.read_text(encoding="utf-8")
    with engine() as backend:
        cases = Snapshot(backend, Data.open(tmp_path / "region")).table("cases").order_by("case_id")
        columns = ["case_id", "year", "sex", "age", "dx", "proc", "total_fee"]
        rows = [list(map(str, row.values())) for row in cases.select(columns).to_pyarrow().to_pylist()]
    assert rows == [
        ["A-1", "2024", "1", "71", "['I63.900', 'I10.x00', 'E11.900']", "None", "12345.60"],
        ["A-2", "2024", "2", "70", "['H25.900']", "['13.4100x001', '13.7100x001']", "6200.00"],
    ]


class Told(NamedTuple):
    """What a page's blocks did: what the commands of each `sh` block printed, and what the block after it promises."""

    printed: str
    promised: list[str]


# The files of the page in its order; the second is what comes back.
FILES = (
    "march.csv", "back/march.returned.csv", "lines.csv", "corrected.csv", "withdrawn.csv", "lists.json", "places.csv",
    "wrong.csv", "region/policy/quality/codes.yaml", "april.csv",
)  # fmt: skip
ENCODING = {"csv": "gb18030", "json": "utf-8", "yaml": "utf-8"}
MENDED = {"2024-02-30 11:00": "2024-03-06 11:00", '"8,100.00"': "8100.00"}


def told(blocks: list[tuple[str, str]]) -> Iterator[Told]:
    """Write the files and run the commands of a page, in its order."""
    names, printed = iter(FILES), ""
    for language, text in blocks:
        if language in ENCODING and (file := Path(next(names))).exists():
            assert file.read_text(encoding="gb18030") == text
            for wrong, right in MENDED.items():
                text = text.replace(wrong, right)
        if language in ENCODING:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding=ENCODING[language])
        elif language == "sh":
            printed = "".join(map(said, text.splitlines()))
        elif language == "text":
            yield Told(printed, text.splitlines())


def said(line: str) -> str:
    """What a command of a page prints; those that set up the shell are done here."""
    command, *arguments = shlex.split(line)
    if command == "mkdir":
        Path(arguments[0]).mkdir()
        return ""
    if command == "export":
        os.environ.update([arguments[0].split("=")])
        return ""
    ran = CliRunner().invoke(app, arguments)
    assert (command, ran.exit_code) == ("yiheng", 0), (line, ran.output, ran.exception)
    return str(ran.stdout)


@pytest.mark.slow
def test_load_what_you_have(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (root / "docs" / "how-to" / "load-what-you-have.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("YIHENG_KEY_FILE", "")
    found = list(told(re.findall(r"```(\w+)\n(.*?)```", page, re.DOTALL)))
    assert len(found) == 8
    for each in found:
        assert [line for line in each.promised if line not in each.printed.splitlines()] == []
    with engine() as backend:
        cases = Snapshot(backend, Data.open(tmp_path / "region")).table("cases").order_by("case_id")
        rows = cases.select("case_id", "total_fee", "list_version").to_pyarrow().to_pylist()
    assert [list(map(str, row.values())) for row in rows] == [
        ["A-1", "12345.60", "1"], ["A-2", "6100.00", "2"], ["A-4", "6300.00", "1"], ["S-1", "None", "1"]
    ]  # fmt: skip
