"""reports.dip: from loaded cases to linked pages whose figures are those of the engines."""

import csv
import re
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from yiheng.base.words import Word
from yiheng.cases.load import load
from yiheng.reports.analyse import analyse
from yiheng.reports.dip.facts import evidence_word, group_page, hospital_page, kind_word, known
from yiheng.reports.pages import slug
from yiheng.tables.contract import contract

pytestmark = pytest.mark.slow

DAY = date(2024, 1, 1)
GROUPS = (("J18.900", "", 1000), ("K80.100", "51.2300", 9000), ("I63.900", "", 4000))


def case(number: int) -> dict[str, str]:
    dx, proc, fee = GROUPS[number % 3]
    admitted, hospital = DAY + timedelta(days=number % 300), "ABC"[number % 7 % 3]
    return {
        "hospital": hospital, "case_id": f"{number:03}", "patient": f"p{number % 40}", "dx": dx, "proc": proc,
        "total_fee": f"{fee + 10 * (number % 13) if number != 90 else 50}.00", "los": "5", "age": "40",
        "discharge": "1", "drug_fee": f"{fee // 4}.00", "material_fee": f"{fee // 10}.00",
        "admit_date": admitted.isoformat(), "discharge_date": (admitted + timedelta(days=5)).isoformat(),
    }  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with DATA and its report: 150 cases of three hospitals, of which C has no class."""
    folder = tmp_path_factory.mktemp("dip-pages")
    rows = [case(number) for number in range(150)]
    with (folder / "cases.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    names = {"A": ("甲院", "3"), "B": ("乙院", "2"), "C": ("丙院", None)}
    places = [
        {"code": code, "name": name, "name_en": f"Hospital {code}", "level": 2, "coefficient_class": its}
        for code, (name, its) in names.items()
    ]
    institution = pa.Table.from_pylist(places, schema=contract("institution").schema)
    load(folder / "data", [folder / "cases.csv"], places={"institution": institution})
    analyse(folder / "data", folder / "report")
    return folder


def table(path: Path, name: str) -> list[list[str]]:
    """The cells of a table on a page, as they are shown in Chinese."""
    text = path.read_text(encoding="utf-8")
    body = text[text.index(f'id="table-{name}"') :]
    body = body[body.index("<tbody>") : body.index("</tbody>")]
    body = re.sub(r'<span lang="en">.*?</span>', "", body)
    cells = [
        re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL) for row in re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    ]
    return [[re.sub(r"<[^>]+>", "", cell) for cell in row] for row in cells]


@pytest.mark.slow
def test_every_link_leads_to_a_file(made: Path) -> None:
    pages = [made / "report" / "report.html", *(made / "report" / "dip").glob("*.html")]
    assert len(pages) == 1 + 1 + 3 + 3
    for page in pages:
        text = page.read_text(encoding="utf-8").split("<script", 1)[0]
        for href in re.findall(r'(?:href|src)="([^"#]+)"', text):
            assert (page.parent / href).is_file(), (page.name, href)


def test_the_report_leads_to_the_pages(made: Path) -> None:
    text = (made / "report" / "report.html").read_text(encoding="utf-8")
    for name in ("dip/index.html", "dip/group-J18.9.html", "dip/hospital-A.html"):
        assert f'href="{name}"' in text


def test_differences_of_points_add_up_to_nothing(made: Path) -> None:
    rows = table(made / "report" / "dip" / "index.html", "hospitals")
    assert [row[1] for row in rows] == ["甲院", "乙院", "丙院"]
    numbers = [float(row[8].replace(",", "")) for row in rows]
    assert sum(numbers) == pytest.approx(0, abs=0.02)
    assert any(abs(number) > 1 for number in numbers)


def test_a_hospitals_page_shows_what_the_runs_say(made: Path) -> None:
    (run,) = (made / "data" / "results" / "points").glob("[0-9]*")
    points = [row for row in pq.read_table(run / "cases.parquet").to_pylist() if row["hospital"] == "A"]
    rows = table(made / "report" / "dip" / "hospital-A.html", "bands")
    assert {row[0]: row[1] for row in rows} == {
        zh: str(n) for zh, band in (("低倍率", "low"), ("正常", "middle"), ("高倍率", "high"))
        if (n := sum(each["band"] == band for each in points))
    }  # fmt: skip
    shown = sum(float(row[4].replace(",", "")) for row in rows)
    assert shown == pytest.approx(sum(each["case_points"] for each in points), abs=0.02)
    (kept,) = (made / "data" / "results" / "coefficients").glob("[0-9]*")
    own = {row["hospital"]: row for row in pq.read_table(kept / "hospitals.parquet").to_pylist()}
    steps = table(made / "report" / "dip" / "hospital-A.html", "derivation")
    assert [row[0] for row in steps] == ["本院（不看等级）", "所在等级", "加成", "所用系数"]
    assert steps[-1][4] == f"{own['A']['coefficient']:.4f}"
    without = table(made / "report" / "dip" / "hospital-C.html", "derivation")
    assert (without[1][5], without[3][4]) == ("当日没有等级", "1.0000")


def test_a_flagged_case_stands_on_its_hospitals_page(made: Path) -> None:
    hospital = case(90)["hospital"]
    rows = table(made / "report" / "dip" / f"hospital-{hospital}.html", "flagged-cases")
    assert ["090", "低标入院", "1.000"] in [row[:3] for row in rows]


def test_a_groups_page_says_why_it_is_a_group(made: Path) -> None:
    page = made / "report" / group_page("K80.1:51.23")
    assert dict(table(page, "made"))["手术操作"] == "51.23"
    parts = table(page, "parts")
    assert [row[0] for row in parts] == ["药品", "耗材", "其他费用"]
    assert [row[2] for row in parts][:2] == ["2,250.00", "900.00"]
    hospitals = table(page, "by-hospital")
    assert sum(int(row[2]) for row in hospitals) == 50


@pytest.mark.slow
def test_a_second_report_takes_away_pages_that_are_no_more(made: Path) -> None:
    old, kept = made / "report" / "dip" / "group-X99.html", made / "report" / "dip" / "notes.html"
    old.write_text("old", encoding="utf-8")
    kept.write_text("somebody's own", encoding="utf-8")
    before = (made / "report" / "dip" / "index.html").read_bytes()
    analyse(made / "data", made / "report")
    assert (old.exists(), kept.exists()) == (False, True)
    assert (made / "report" / "dip" / "index.html").read_bytes() == before


def test_words_of_evidence_and_kinds() -> None:
    assert evidence_word("readmitted", "B/2 same group") == Word("前次 B/2（同一病种）", "earlier B/2 (same group)")
    assert evidence_word("low_risk_death", "middle_low") == evidence_word("low_risk_death", "middle_low")
    assert evidence_word("record_quality", "no-such-rule") == Word("no-such-rule", "no-such-rule")
    assert evidence_word("overlong", None) is None
    assert kind_word("tcm").zh == "中医病种"
    assert kind_word("core").zh == "核心病种"
    assert known("aux_", "IV-A") == Word("IV-A", "IV-A")
    assert hospital_page("H/1") == f"dip/hospital-{slug('H/1')}.html"
