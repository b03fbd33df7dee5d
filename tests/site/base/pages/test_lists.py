"""Lists, searches, orders and exports have the same rows, and only what the reader sees."""

import csv
import io

import pytest
from openpyxl import load_workbook

from yiheng.site.base.audit.models import Look
from yiheng.site.base.pages.export import harmless

from ..town import Town
from .conftest import Enter


@pytest.fixture
def three(town: Town) -> Town:
    for subject, amount in (("甲", "30"), ("乙", "10"), ("丙", "20")):
        town.sent(subject=subject, amount=amount, note=f"机要{subject}")
    return town


def subjects(content: bytes) -> list[str]:
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    return [row[4] for row in rows[1:]]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", ["丙", "乙", "甲"]),
        ("sort=amount", ["乙", "丙", "甲"]),
        ("sort=-amount", ["甲", "丙", "乙"]),
        ("q=乙", ["乙"]),
        ("q=%25", []),
        ("state=taken", []),
        ("state=sent&sort=amount", ["乙", "丙", "甲"]),
        ("state=nonsense", ["丙", "乙", "甲"]),
        ("sort=password", ["丙", "乙", "甲"]),
        ("sort=note&q=%00", ["丙", "乙", "甲"]),
    ],
)
def test_rows_of_screen_and_file_are_the_same(three: Town, enter: Enter, asked: str, found: list[str]) -> None:  # noqa: ARG001
    client = enter("wei")
    file = client.get(f"/flows/errand/export.csv?{asked}")
    screen = client.get(f"/flows/errand/?{asked}")
    assert subjects(file.content) == found
    assert [row.cells[4] for row in screen.context["rows"]] == found
    assert file.headers["X-Rows"] == str(len(found)) == str(screen.context["page"].count)


@pytest.mark.parametrize("asked", ["", "sort=amount", "sort=-note", "q=乙", "state=sent"])
def test_many_are_found_as_few_are(three: Town, enter: Enter, monkeypatch: pytest.MonkeyPatch, asked: str) -> None:  # noqa: ARG001
    """By their numbers or row by row, counted or not: the same rows in the same order."""
    shown = []
    for few, most in ((1_000, 500), (0, 500), (1_000, 1), (0, 1)):
        monkeypatch.setattr("yiheng.site.base.pages.listing._FEW", few)
        monkeypatch.setattr("yiheng.site.base.pages.paging.MOST", most)
        rows = [enter(name).get(f"/flows/errand/?{asked}").context["rows"] for name in ("wei", "dan", "lin", "edd")]
        shown.append([[row.cells for row in each] for each in rows])
    assert shown == [shown[0]] * 4
    assert [len(each) for each in shown[0]] == [len(subjects_of(asked)), len(subjects_of(asked)), 0, 0]


def subjects_of(asked: str) -> str:
    return "乙" if asked == "q=乙" else "甲乙丙"


def test_nobody_searches_or_sorts_by_what_is_hidden(three: Town, enter: Enter) -> None:  # noqa: ARG001
    desk, author = enter("wei"), enter("dan")
    assert subjects(desk.get("/flows/errand/export.csv?q=机要").content) == []
    assert len(subjects(author.get("/flows/errand/export.csv?q=机要").content)) == 3
    up, down = (desk.get(f"/flows/errand/export.csv?sort={sort}note").content for sort in ("", "-"))
    assert subjects(up) == subjects(down)
    assert "机要" not in up.decode()


@pytest.mark.parametrize("who", ["out", "edd", "com"])
def test_who_sees_nothing_gets_an_empty_list_and_file(three: Town, enter: Enter, who: str) -> None:  # noqa: ARG001
    client = enter(who)
    assert "还没有您能看到的事项" in client.get("/flows/errand/").content.decode()
    assert subjects(client.get("/flows/errand/export.csv").content) == []


def test_an_export_is_kept_with_its_count(three: Town, enter: Enter) -> None:  # noqa: ARG001
    enter("wei").get("/flows/errand/export.csv?q=乙")
    kept = Look.objects.get()
    assert (kept.action, kept.detail["rows"], kept.detail["kind"]) == ("look.export", 1, "csv")


def test_no_cell_of_a_file_is_a_formula(town: Town, enter: Enter) -> None:
    town.sent(subject='=HYPERLINK("http://x","y")')
    client = enter("wei")
    assert subjects(client.get("/flows/errand/export.csv").content) == ['\'=HYPERLINK("http://x","y")']
    book = load_workbook(io.BytesIO(client.get("/flows/errand/export.xlsx").content))
    cell = book.worksheets[0]["E2"]
    assert (cell.data_type, cell.value) == ("s", '\'=HYPERLINK("http://x","y")')
    assert [[each.value for each in row] for row in book.worksheets[1]][-1] == ["行数", "1"]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("=1+1", "'=1+1"),
        ("+86", "'+86"),
        ("-2+3", "'-2+3"),
        ("-12.50", "-12.50"),
        ("-1,234.50", "-1,234.50"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("＝1", "'＝1"),
        ("a\x0bb", "ab"),
        ("血样", "血样"),
        ("", ""),
    ],
)
def test_harmless(text: str, kept: str) -> None:
    assert harmless(text) == kept


def test_pages_are_bounded(town: Town, enter: Enter) -> None:
    for number in range(26):
        town.sent(subject=f"第{number}")
    client = enter("wei")
    first, second, beyond = (client.get(f"/flows/errand/?page={page}") for page in (1, 2, 99))
    assert [len(page.context["rows"]) for page in (first, second, beyond)] == [25, 1, 1]
    assert len(subjects(client.get("/flows/errand/export.csv").content)) == 26


@pytest.mark.parametrize("where", ["/flows/nothing/", "/flows/nothing/export.csv", "/flows/errand/export.pdf"])
def test_what_is_not_there(enter: Enter, where: str) -> None:
    assert enter("wei").get(where).status_code == 404
