"""An empty or missing list means never: an error in a pack with pack.toml unless declared, a warning in a bare one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from yiheng.base.refusal import Refusal
from yiheng.drg.case import Case
from yiheng.drg.packs.load import read_pack
from yiheng.drg.reference import group

Folders = Callable[..., Path]
WITHOUT = {"adrg_list": ["BR1,zd,B01", "CR1,zd,C01"]}


def toml(folder: Path, text: str) -> Path:
    (folder / "pack.toml").write_text(f'id = "x"\n{text}', encoding="utf-8")
    return folder


def test_an_empty_list_is_refused_by_name(folder_of: Folders) -> None:
    with pytest.raises(Refusal) as caught:
        read_pack(toml(folder_of(**WITHOUT), ""))
    assert str(caught.value) == (
        "file adrg.csv, row 1: the list BB1 ss is empty: it never matches (empty_list) "
        "-> fill it, or name it in empty_lists of pack.toml"
    )


def test_several_are_counted(folder_of: Folders) -> None:
    with pytest.raises(Refusal, match=r"\(empty_list; and 2 more\)"):
        read_pack(toml(folder_of(adrg_list=[]), ""))


def test_a_declared_one_never_matches(folder_of: Folders, a_case: Callable[..., Case]) -> None:
    pack = read_pack(toml(folder_of(**WITHOUT), 'empty_lists = ["BB1 ss"]'))
    assert pack.findings == ()
    assert group(pack, a_case(proc=["01.1"])).drg == "BR19"


def test_a_needless_declaration_is_found(folder_of: Folders) -> None:
    pack = read_pack(toml(folder_of(), 'empty_lists = ["BB1 ss"]'))
    assert [finding.line() for finding in pack.findings] == [
        "pack.toml: BB1 ss is named in empty_lists and holds codes (declared_not_empty)"
    ]


def test_in_a_bare_directory_it_is_a_warning(folder_of: Folders) -> None:
    assert [finding.kind for finding in read_pack(folder_of(**WITHOUT)).findings] == ["empty_list"]
