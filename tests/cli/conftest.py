"""The command line as a person meets it: arguments in; exit code, standard output and standard error out."""

import csv
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from yiheng.cases.load import load
from yiheng.cli import main
from yiheng.tables.contract import contract

HEADER = ("hospital", "case_id", "dept", "physician", "discharge_date", "dx", "proc", "total_fee", "los", "group")
COUNTIES = {"A": "east", "B": "west"}


@dataclass(frozen=True)
class Ran:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def refusal(self) -> str:
        """The one line of a refusal, without the name in front; that it is the only one is checked."""
        said = [line for line in self.err.splitlines() if line.startswith("yiheng: ")]
        assert (self.code, len(said), self.out) == (2, 1, ""), self
        assert "Traceback" not in self.err
        return said[0].removeprefix("yiheng: ")


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What is kept between processes is kept here, not in the home folder."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder / "yiheng"


@pytest.fixture
def yiheng(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Runs `yiheng` with these arguments."""

    def run(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["yiheng", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        return Ran(code, said.out, said.err)

    return run


def rows(year: int = 2024) -> list[dict[str, str]]:
    """75 cases of two hospitals: a core group of 60 with 30 operated on, the others rare."""
    kinds = [("I21.900", "", "g1")] * 30 + [("I21.900", "36.0600x004|88.5500", "g2")] * 30 + [("J18.900", "", "")] * 15
    return [
        {
            "hospital": "AB"[n % 2],
            "case_id": f"{year}-{n:03}",
            "dept": f"0{n % 3}",
            "physician": "" if n % 5 == 0 else f"p{n % 5}",
            "discharge_date": date(year, 1 + n % 12, 15).isoformat(),
            "dx": dx,
            "proc": proc,
            "total_fee": f"{1000 + 100 * n}.50",
            "los": str(1 + n % 9),
            "group": group,
        }
        for n, (dx, proc, group) in enumerate(kinds)
    ]


def write_csv(path: Path, content: list[dict[str, str]]) -> Path:
    """Rows as a CSV file, its columns those of the first row."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(content[0]))
        writer.writeheader()
        writer.writerows(content)
    return path


@pytest.fixture(scope="session")
def case_rows() -> Callable[..., list[dict[str, str]]]:
    return rows


@pytest.fixture(scope="session")
def as_csv() -> Callable[[Path, list[dict[str, str]]], Path]:
    return write_csv


@pytest.fixture(scope="session")
def cases_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """75 cases as a canonical CSV, with a year."""
    return write_csv(tmp_path_factory.mktemp("cases") / "cases.csv", [{**row, "year": "2024"} for row in rows()])


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """DATA with two commits: 2023 first, then 2024 as well; its two hospitals have counties. For reading only."""
    folder = tmp_path_factory.mktemp("loaded")
    schema = contract("institution").schema
    places = [{"code": code, "name": code, "county": county} for code, county in COUNTIES.items()]
    load(folder / "data", [write_csv(folder / "2023.csv", rows(2023))])
    institution = pa.Table.from_pylist(places, schema=schema)
    load(folder / "data", [write_csv(folder / "2024.csv", rows(2024))], places={"institution": institution})
    return folder / "data"
