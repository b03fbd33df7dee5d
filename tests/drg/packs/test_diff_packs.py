"""drg.packs: content, edits: a diff over a base, what it takes over, and everything that cannot be carried out."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yiheng.base.refusal import Refusal
from yiheng.drg.compare.difference import difference, edits_of
from yiheng.drg.condition import ListKey
from yiheng.drg.packs.content import content_of
from yiheng.drg.packs.load import pack_of, read_pack
from yiheng.drg.packs.source import Folder

Folders = Callable[..., Path]


def city(base: Path, toml: str = "", **tables: list[str]) -> Path:
    """A diff pack beside its base: `tables` are rows with `op` in front, the base's headers over them."""
    folder = base.parent / "city"
    folder.mkdir(exist_ok=True)
    (folder / "pack.toml").write_text(f'id = "city"\nbase = "../{base.name}"\n{toml}', encoding="utf-8")
    for name, rows in tables.items():
        header = (base / f"{name}.csv").read_text(encoding="utf-8").splitlines()[0]
        (folder / f"{name}.csv").write_text("\n".join([f"op,{header}", *rows]) + "\n", encoding="utf-8")
    return folder


def refusal(folder: Path) -> str:
    with pytest.raises(Refusal) as caught:
        read_pack(folder)
    return str(caught.value)


def test_a_diff_adds_removes_and_replaces(folder_of: Folders) -> None:
    base = folder_of()
    pack = read_pack(
        city(
            base,
            adrg_list=["add,BB1,ss,01.2", "remove,CR1,zd,c01", "add,CR1,zd,C0*"],
            drg=["replace,BR1,BR1,BR19,treated well,1,true", "remove,BB1,,BB13,,2,"],
            mdc=["add,D,Ears,3,principal_dx,false"],
        )
    )
    assert list(pack.list(ListKey("BB1", "ss")).exact) == ["01.1", "01.2"]
    assert pack.list(ListKey("CR1", "zd")).prefixes.keys() == {"C0"}
    assert [mdc.code for mdc in pack.mdcs] == ["B", "C", "D"]
    assert {rule.id: [(its.drg, its.name) for its in rule.groups] for rule in pack.rules["B"]} == {
        "BB1": [("BB11", "operated with MCC"), ("BB15", "operated")],
        "BR1": [("BR19", "treated well")],
    }
    assert read_pack(base).list(ListKey("BB1", "ss")).exact.keys() == {"01.1"}


def test_a_diff_has_the_digest_of_the_whole_that_it_makes(folder_of: Folders) -> None:
    whole = folder_of(adrg_list=["BB1,ss,01.1", "BB1,ss,01.2", "BR1,zd,B01", "CR1,zd,C01"])
    (whole / "pack.toml").write_text('id = "city"', encoding="utf-8")
    digest = read_pack(whole).digest
    (whole / "pack.toml").unlink()
    assert read_pack(city(folder_of(), adrg_list=["add,BB1,ss,01.2"])).digest == digest


def test_what_a_diff_takes_over_from_its_base(folder_of: Folders) -> None:
    base = folder_of()
    toml = (
        'id = "national"\nedition = "1"\nissuer = "x"\nfrom = 2020-01-01\ndx_edition = "ICD-10"\n'
        'mdc_order = ["C", "B"]\n'
        'documents = [{title = "t", article = "1"}]\n[switches]\nnewborn_days = 27\nambiguous = "off"\n'
    )
    (base / "pack.toml").write_text(toml, encoding="utf-8")
    pack = read_pack(city(base, 'checked_until = 2024-05-01\n[switches]\nambiguous = "as_written"\n'))
    assert (pack.id, pack.identity.edition, pack.identity.issuer) == ("city", "", "")
    assert (pack.about.documents, pack.about.start, pack.about.dx_edition) == ((), None, "ICD-10")
    assert str(pack.about.checked_until) == "2024-05-01"
    assert (pack.switches.newborn_days, pack.switches.ambiguous) == (27, "as_written")
    assert [mdc.code for mdc in pack.mdcs] == ["C", "B"]


def test_a_diff_over_a_diff(folder_of: Folders) -> None:
    first = city(folder_of(), adrg_list=["add,BB1,ss,01.2"])
    second = first.parent / "county"
    second.mkdir()
    (second / "pack.toml").write_text('id = "county"\nbase = "../city"\n', encoding="utf-8")
    (second / "adrg_list.csv").write_text("op,owner,list,code\nremove,BB1,ss,01.1\n", encoding="utf-8")
    assert read_pack(second).list(ListKey("BB1", "ss")).exact.keys() == {"01.2"}


@pytest.mark.parametrize(
    ("tables", "line"),
    [
        (
            {"adrg_list": ["add,BB1,ss,99.9", "remove,BB1,ss,02.2"]},
            "file adrg_list.csv, row 2, column owner, list, code, value BB1 ss 02.2: is not there: nothing to remove",
        ),
        (
            {"adrg_list": ["add,BR1,zd, b01 "]},
            "file adrg_list.csv, row 1, column owner, list, code, value BR1 zd B01: is there already and cannot be",
        ),
        ({"cc": ["replace,X99,CC,1"]}, "file cc.csv, row 1, column code, value X99: is not there: nothing to replace"),
        (
            {"cc": ["remove,M01,CC,"]},
            "file cc.csv, row 1, column level, value CC: the row to remove has MCC here -> leave the cell empty",
        ),
        (
            {"adrg_list": ["replace,BB1,ss,01.1"]},
            "file adrg_list.csv, row 1, column owner, list, code, value BB1 ss 01.1: is all that the row says: nothing",
        ),
        ({"cc": ["delete,M01,MCC,7"]}, "file cc.csv, row 1, column op, value delete: is none of add, remove, replace"),
        ({"adrg": ["add,,BB2,B,9,x,true,next"]}, "file adrg.csv, row 1, column rule: may not be empty"),
        (
            {"adrg": ["add,BB2,BB2,B,9,surgical,pproc inn ss,next"]},
            "file adrg.csv, row 1, column logic, value pproc inn ss: expected an operator",
        ),
    ],
)
def test_what_cannot_be_done_is_refused(folder_of: Folders, tables: dict[str, list[str]], line: str) -> None:
    assert refusal(city(folder_of(), **tables)).startswith(line)


def test_a_broken_row_of_the_base_is_named_there(folder_of: Folders) -> None:
    base = folder_of(adrg=["BB1,BB1,B,1,surgical,pproc inn ss,next"])
    said = refusal(city(base, adrg=["add,BB2,BB2,B,9,surgical,true,next"]))
    assert said.startswith("file pack/adrg.csv, row 1, column logic, value pproc inn ss")


def test_a_cycle_of_bases_is_refused(folder_of: Folders) -> None:
    base = folder_of()
    (base / "pack.toml").write_text('id = "pack"\nbase = "../city"\n', encoding="utf-8")
    assert refusal(city(base)).endswith("is its own base: city -> pack -> city")


def test_a_pack_that_is_its_own_base_is_refused(folder_of: Folders) -> None:
    base = folder_of()
    (base / "pack.toml").write_text('id = "pack"\nbase = "."\n', encoding="utf-8")
    assert "is its own base" in refusal(base)


def test_a_missing_base_is_refused(folder_of: Folders) -> None:
    folder = city(folder_of())
    (folder / "pack.toml").write_text('id = "city"\nbase = "../nowhere"\n', encoding="utf-8")
    assert refusal(folder).startswith("file pack.toml, value ../nowhere: there is no such base of city")


@pytest.mark.parametrize("key", ["digest", "base_digest"])
def test_a_wrong_digest_is_refused_and_the_right_one_is_not(folder_of: Folders, key: str) -> None:
    base = folder_of()
    right = read_pack(base if key == "base_digest" else city(base)).digest
    assert read_pack(city(base, f'{key} = "{right}"\n')).id == "city"
    said = refusal(city(base, f'{key} = "{"0" * 64}"\n'))
    assert said.startswith(f"file pack.toml, column {key}, value 0000")
    assert said.endswith(f"has the digest {right}")


def test_operations_without_a_base_are_refused(folder_of: Folders) -> None:
    folder = folder_of()
    (folder / "pack.toml").write_text('id = "x"', encoding="utf-8")
    (folder / "cc.csv").write_text("op,code,level,exclusion_table\nadd,M09,CC,1\n", encoding="utf-8")
    assert refusal(folder).startswith("file cc.csv, column op: has operations, but the pack names no base")


CODES = [f"{letter}{number:02}" for letter in "BC" for number in range(4)]


@pytest.mark.property
@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    before=st.sets(st.sampled_from(CODES), min_size=1),
    after=st.sets(st.sampled_from(CODES), min_size=1),
    levels=st.tuples(*[st.sampled_from(["MCC,1", "CC,1", "CC,2", None])] * 2),
)
def test_the_edits_of_a_comparison_make_the_second_pack(
    folder_of: Folders, before: set[str], after: set[str], levels: tuple[str | None, str | None]
) -> None:
    def tables(codes: set[str], level: str | None) -> dict[str, list[str]]:
        lists = [f"{owner},{code}" for owner in ("BR1,zd", "CR1,zd") for code in sorted(codes)]
        return {"adrg_list": ["BB1,ss,01.1", *lists], "cc": [] if level is None else [f"M01,{level}"]}

    other = content_of(Folder(folder_of(**tables(after, levels[1]))))
    wanted = pack_of(other).digest
    _ = [other.table(name) for name in ("adrg_list", "cc", "icd10_map", "icd9_map")]
    base = folder_of(**tables(before, levels[0]))
    folder = base.parent / "made"
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for name, content in edits_of(difference(content_of(Folder(base)), other)).items():
        (folder / name).write_bytes(content)
    (folder / "pack.toml").write_text('id = "pack"\nbase = "../pack"\n', encoding="utf-8")
    made = content_of(Folder(folder))
    assert not difference(other, made).tables
    (base / "pack.toml").write_text('id = "pack"\n', encoding="utf-8")
    again = folder_of(**tables(after, levels[1]))
    assert pack_of(made).digest == read_pack(again).digest != wanted
    (base / "pack.toml").unlink()
