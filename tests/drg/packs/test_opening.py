"""drg.packs: opening, archive, workbook: one pack by folder, zip and workbook; what is refused."""

import csv
import io
import stat
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yiheng.base.refusal import Refusal
from yiheng.drg.packs import archive, source
from yiheng.drg.packs.opening import open_content, open_pack
from yiheng.drg.packs.workbook import export_workbook

Folders = Callable[..., Path]
TOML = (
    'id = "city-1"\nedition = "1"\nfrom = 2024-01-01\nmdc_order = ["C", "B"]\ndigest_free = 1\n[switches]\n'
    'newborn_days = 27\nretry_each_other_procedure = true\nno_drg = "next"\n'
    '[[documents]]\ntitle = "Rules, \\"x\\""\narticle = "1"\n'
).replace("digest_free = 1\n", "")


def zipped(folder: Path, inside: str = "", more: Mapping[str, bytes] | None = None) -> Path:
    """The files of a folder as a zip beside it, with further members."""
    path = folder.parent / f"{folder.name}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for each in sorted(folder.iterdir()):
            file.write(each, f"{inside}{each.name}")
        for name, content in (more or {}).items():
            file.writestr(name, content)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(Refusal) as caught:
        open_pack(str(path))
    return str(caught.value)


def test_a_folder_and_its_zip_are_the_same_pack(folder_of: Folders) -> None:
    folder = folder_of()
    digest = open_pack(str(folder)).digest
    assert open_pack(str(zipped(folder))).digest == digest
    assert open_pack(str(zipped(folder, "pack/", {"pack/README.txt": b"x"}))).digest == digest


def test_what_is_no_pack_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("x", encoding="utf-8")
    assert refusal(tmp_path / "x.txt").endswith("x.txt: is no pack -> a folder, a .zip or a .xlsx")
    assert "there is no such pack" in refusal(Path("no-such-pack"))
    for name in ("no.zip", "no.xlsx"):
        assert refusal(tmp_path / name).endswith("there is no such file")


def test_a_built_in_pack_is_opened_by_its_id(folder_of: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = folder_of()
    (folder / "pack.toml").write_text('id = "x"', encoding="utf-8")
    shelf = folder.parent / "shelf" / "drg"
    shelf.mkdir(parents=True)
    folder.rename(shelf / "national-9")
    (shelf / "no-pack").mkdir()
    monkeypatch.setattr(source, "files", lambda _: shelf.parent)
    assert source.built_in_ids() == ["national-9"]
    assert open_pack("national-9").id == "x"
    with pytest.raises(Refusal, match=r"value national-8: there is no such pack -> national-9\?"):
        open_pack("national-8")


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("../evil.csv", "a name leads out of the archive"),
        ("a/../../evil.csv", "a name leads out of the archive"),
        ("/etc/evil.csv", "a name leads out of the archive"),
        ("C:/evil.csv", "a name leads out of the archive"),
        ("..\\evil.csv", "a name leads out of the archive"),
        ("more.zip", "holds an archive"),
        ("more.XLSX", "holds an archive"),
        ("other/mdc.csv", "holds several packs"),
        ("MDC.csv", "has two members of one name"),
    ],
)
def test_a_zip_with_a_bad_member_is_refused(folder_of: Folders, name: str, what: str) -> None:
    path = zipped(folder_of(), more={name: b"x"})
    before = sorted(path.parent.rglob("*"))
    assert what in refusal(path)
    assert sorted(path.parent.rglob("*")) == before


def test_a_link_in_a_zip_is_refused(folder_of: Folders) -> None:
    path = zipped(folder_of())
    link = zipfile.ZipInfo("link.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as file:
        file.writestr(link, "/etc/passwd")
    assert "holds a link or device" in refusal(path)


@pytest.mark.parametrize(("limit", "what"), [("members", "has more than 3 members"), ("bytes", "more than 3")])
def test_a_bomb_is_refused_before_it_is_unpacked(
    folder_of: Folders, monkeypatch: pytest.MonkeyPatch, limit: str, what: str
) -> None:
    path = zipped(folder_of())
    small = dict(archive.limits()) | {limit: 3}
    monkeypatch.setattr(archive, "limits", lambda: small)
    monkeypatch.setattr(archive, "read_member", lambda *_: pytest.fail("was unpacked"))
    assert what in refusal(path)


def test_a_zip_without_a_pack_and_a_damaged_one_are_refused(folder_of: Folders, tmp_path: Path) -> None:
    empty = tmp_path / "empty.zip"
    with zipfile.ZipFile(empty, "w") as file:
        file.writestr("readme.txt", "x")
    assert "holds no pack" in refusal(empty)
    whole = zipped(folder_of())
    content = whole.read_bytes()
    for cut in (0, 10, len(content) // 2, len(content) - 5):
        whole.write_bytes(content[:cut])
        assert "is no zip file that can be read" in refusal(whole)


def test_a_base_by_its_path_needs_a_folder(folder_of: Folders) -> None:
    folder = folder_of()
    (folder / "pack.toml").write_text('id = "x"\nbase = "../pack"', encoding="utf-8")
    assert "a base by its path needs a folder" in refusal(zipped(folder))


# --- workbooks


def test_a_workbook_says_what_the_pack_says(folder_of: Folders, tmp_path: Path) -> None:
    for toml in (None, TOML):
        folder = folder_of(icd10=["B01,=first", "B02, ", "C01,'eye", "M01,x", "M02,x", "X01,x"])
        (folder / "weights.csv").write_text("drg,weight\nBB11,2.50\n", encoding="utf-8")
        if toml is not None:
            (folder / "pack.toml").write_text(toml, encoding="utf-8")
        export_workbook(open_content(str(folder)), tmp_path / "p.xlsx")
        book, pack = open_pack(str(tmp_path / "p.xlsx")), open_pack(str(folder))
        assert (book.digest, book.dx_names["B01"]) == (pack.digest, "=first")
        assert (book.identity, book.about, book.switches) == (pack.identity, pack.about, pack.switches)


def test_a_diff_stands_in_a_workbook_as_a_whole(folder_of: Folders, tmp_path: Path) -> None:
    base = folder_of()
    folder = tmp_path / "city"
    folder.mkdir()
    (folder / "pack.toml").write_text('id = "city"\nbase = "../pack"\n', encoding="utf-8")
    (folder / "cc.csv").write_text("op,code,level,exclusion_table\nremove,M01,,\n", encoding="utf-8")
    export_workbook(open_content(str(folder)), tmp_path / "p.xlsx")
    assert open_pack(str(tmp_path / "p.xlsx")).digest == open_pack(str(folder)).digest
    assert base.is_dir()


def test_numbers_are_taken_where_they_cannot_be_read_wrongly(folder_of: Folders, tmp_path: Path) -> None:
    def change(book: Any) -> None:
        for row in book["drg"].iter_rows(min_row=2, min_col=5, max_col=5):
            row[0].value = int(row[0].value)
        for row in book["cc"].iter_rows(min_row=2, min_col=3, max_col=3):
            row[0].value = float(row[0].value)

    folder = folder_of()
    assert open_pack(str(workbook(folder, tmp_path, change))).digest == open_pack(str(folder)).digest


def workbook(folder: Path, tmp_path: Path, change: Callable[[Any], None]) -> Path:
    """A pack as a workbook that somebody has changed."""
    path = tmp_path / "p.xlsx"
    export_workbook(open_content(str(folder)), path)
    book = openpyxl.load_workbook(path)
    change(book)
    book.save(path)
    return path


def put(sheet: str, cell: str, value: object) -> Callable[[Any], None]:
    def change(book: Any) -> None:
        book[sheet][cell] = value

    return change


def hide(book: Any) -> None:
    book["cc"].sheet_state = "hidden"


def merge(book: Any) -> None:
    book["cc"].merge_cells("A2:A3")


def strange(book: Any) -> None:
    book.create_sheet("adrg_lists")


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (put("adrg_list", "C2", 1.1), "file p.xlsx, sheet adrg_list, row 1, column code, value 1.1: is no text: a num"),
        (put("drg", "D3", "=A1"), "file p.xlsx, sheet drg, row 2, column name, value =A1: is a formula"),
        (put("drg", "D3", "#REF!"), "file p.xlsx, sheet drg, row 2, column name, value #REF!: is an error value"),
        (put("drg", "D3", True), "file p.xlsx, sheet drg, row 2, column name, value True: is no text"),
        (put("cc", "F3", "x"), "file p.xlsx, sheet cc, row 2, value x: stands in a column without a name"),
        (put("cc", "B1", "levels"), "file cc.csv, column level: this column is missing"),
        (
            put("pack", "A3", "edtion"),
            "file p.xlsx, sheet pack, row 2, column key, value edtion: is no key of pack.toml",
        ),
        (put("pack", "A1", "name"), "file p.xlsx, sheet pack: the columns are not key, value"),
        (hide, "file p.xlsx, sheet cc: is hidden"),
        (merge, "file p.xlsx, sheet cc: has merged cells"),
        (strange, "file p.xlsx, sheet adrg_lists: is no table of a pack -> adrg_list?"),
    ],
)
def test_what_a_reader_would_not_see_is_refused(
    folder_of: Folders, tmp_path: Path, change: Callable[[Any], None], line: str
) -> None:
    folder = folder_of()
    (folder / "pack.toml").write_text(TOML, encoding="utf-8")
    assert refusal(workbook(folder, tmp_path, change)).startswith(line)


def test_macros_and_damage_are_refused(folder_of: Folders, tmp_path: Path) -> None:
    path = workbook(folder_of(), tmp_path, lambda _: None)
    content = path.read_bytes()
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("xl/vbaProject.bin", b"x")
    assert refusal(path).startswith("file p.xlsx: holds macros")
    for cut in (0, len(content) // 2):
        path.write_bytes(content[:cut])
        assert "is no workbook that can be read" in refusal(path)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("x.txt", "x")
    assert "is no workbook that can be read" in refusal(path)


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=20)


@pytest.mark.property
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(NAMES, min_size=1, max_size=5))
def test_any_name_survives_the_way_through_a_workbook(folder_of: Folders, names: list[str]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([f"Q{place:02}", name] for place, name in enumerate(names))
    folder = folder_of(icd10=["B01,x", text.getvalue().rstrip("\n")])
    path = folder.parent / "p.xlsx"
    export_workbook(open_content(str(folder)), path)
    assert open_pack(str(path)).dx_names == open_pack(str(folder)).dx_names
