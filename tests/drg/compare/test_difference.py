"""drg.compare.difference: what differs between two packs, row by row and value by value."""

from collections.abc import Callable
from pathlib import Path

from yiheng.drg.compare.difference import Change, difference, edits_of
from yiheng.drg.packs.content import Content, content_of
from yiheng.drg.packs.schema import forms
from yiheng.drg.packs.source import Folder

Folders = Callable[..., Path]


def read(folder: Path) -> Content:
    """The content of a pack, all of it read before the folder holds another."""
    content = content_of(Folder(folder))
    _ = [content.table(name) for name in forms()], content.said
    return content


def test_a_pack_does_not_differ_from_itself_whatever_its_spelling_and_order(folder_of: Folders) -> None:
    one = read(folder_of())
    other = read(folder_of(adrg_list=["CR1,zd,c01", "BB1,ss, 01.1", "BR1,zd,B01"]))
    assert (difference(one, other).tables, difference(one, other).about) == ({}, {})


def test_rows_codes_names_and_values(folder_of: Folders) -> None:
    one = read(folder_of())
    folder = folder_of(
        adrg_list=["BB1,ss,01.2", "BR1,zd,B01", "CR1,zd,C01"],
        drg=[
            "BB1,BB1,BB11,operated with MCC,1,mcc or cc",
            "BB1,BB1,BB15,operated,3,true",
            "BR1,BR1,BR19,treated,1,true",
            "CR1,CR1,CR19,eyes,1,true",
        ],
    )
    (folder / "pack.toml").write_text('id = "new"\nto = 2024-01-01\n[switches]\nnewborn_days = 27\n', encoding="utf-8")
    found = difference(one, read(folder))
    assert found.tables["adrg_list"] == (
        Change(("BB1", "ss", "01.1"), ("BB1", "ss", "01.1"), None),
        Change(("BB1", "ss", "01.2"), None, ("BB1", "ss", "01.2")),
    )
    assert list(found.rows()) == [
        ("pack.toml", "changed", "id", "", "pack", "new"),
        ("pack.toml", "changed", "to", "", "", "2024-01-01"),
        ("pack.toml", "changed", "switches.newborn_days", "", "28", "27"),
        ("adrg_list", "removed", "BB1 ss 01.1", "", "BB1, ss, 01.1", ""),
        ("adrg_list", "added", "BB1 ss 01.2", "", "", "BB1, ss, 01.2"),
        ("drg", "changed", "BB1 BB11 1", "condition", "mcc", "mcc or cc"),
        ("drg", "removed", "BB1 BB13 2", "", "BB1, BB1, BB13, operated with CC, 2, cc", ""),
        ("drg", "changed", "CR1 CR19 1", "name", "eyes treated", "eyes"),
    ]
    assert edits_of(found)["adrg_list.csv"].decode() == "op,owner,list,code\nremove,BB1,ss,01.1\nadd,BB1,ss,01.2\n"
