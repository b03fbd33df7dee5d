"""drg.packs.about, drg.packs.rewrite: every key of pack.toml, and what the switches make of conditions."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from yiheng.base.refusal import Refusal
from yiheng.drg.case import Case
from yiheng.drg.packs.about import Document
from yiheng.drg.packs.load import read_pack
from yiheng.drg.packs.pack import Pack
from yiheng.drg.reference import group

Folders = Callable[..., Path]
WHOLE = """
id = "city-1"
edition = "1.0"
issuer = "office"
from = 2024-01-01
to = 2024-12-31
checked_until = 2024-06-30
dx_edition = "ICD-10 2.0"
proc_edition = "ICD-9-CM-3 2.0"
[[documents]]
title = "Rules"
article = "Annex 1"
"""


def with_toml(folder: Path, text: str) -> Path:
    (folder / "pack.toml").write_text(text, encoding="utf-8")
    return folder


def test_every_key_is_read(folder_of: Folders) -> None:
    about = read_pack(with_toml(folder_of(), WHOLE)).about
    assert about.documents == (Document("Rules", "Annex 1"),)
    assert (about.start, about.end, about.checked_until) == (date(2024, 1, 1), date(2024, 12, 31), date(2024, 6, 30))
    assert (about.dx_edition, about.proc_edition) == ("ICD-10 2.0", "ICD-9-CM-3 2.0")


def test_what_a_pack_says_about_itself_is_in_its_digest(folder_of: Folders) -> None:
    first = read_pack(with_toml(folder_of(), WHOLE)).digest
    assert read_pack(with_toml(folder_of(), WHOLE.replace("Annex 1", "Annex 2"))).digest != first
    assert read_pack(with_toml(folder_of(), WHOLE.replace("06-30", "07-01"))).digest != first
    assert read_pack(with_toml(folder_of(), "# a comment\n" + WHOLE)).digest == first


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("checked = 2024-01-01", "file pack.toml, value checked: is no key of pack.toml -> checked_until?"),
        ("zzz = 1", "file pack.toml, value zzz: is no key of pack.toml -> one of: id, edition, "),
        ('from = "2024-01-01"', "file pack.toml, value 2024-01-01: from is no day -> such as 2022-01-01"),
        ("from = 2024-02-30", "file pack.toml: cannot be read: "),
        ("from = 2024-02-01\nto = 2024-01-31", "file pack.toml, column to, value 2024-01-31: is before the first day"),
        ("documents = ['x']", "file pack.toml, value ['x']: documents: each has a title and an article"),
        ("documents = [{title = 'x'}]", "file pack.toml, value [{'title': 'x'}]: documents: each has a title and"),
        ("edition = true", "file pack.toml, value True: edition is no text"),
        ("base_digest = 'x'", "file pack.toml: base_digest without a base"),
        ("switches = 1", "file pack.toml: switches is no table"),
        ("[switches]\nno_drgs = 'next'", "file pack.toml, value no_drgs: is no policy switch -> no_drg?"),
        ("[switches]\ndays_a_year = 0", "file pack.toml, value 0: the switch days_a_year is below 1"),
    ],
)
def test_what_is_not_right_is_refused_by_name(folder_of: Folders, text: str, line: str) -> None:
    with pytest.raises(Refusal) as caught:
        read_pack(with_toml(folder_of(), f"id = 'x'\n{text}\n"))
    assert str(caught.value).startswith(line)


HIV = {
    "mdc": ["Y,HIV,1,hiv,pdx in MDC", "B,Nerves,2,principal_dx,pdx in MDC"],
    "mdc_dx": ["Y,M01,", "B,B01,"],
    "adrg": ["YR1,YR1,Y,1,medical,pdx in zd,next", "BR1,BR1,B,1,medical,pdx in zd,next"],
    "adrg_list": ["YR1,zd,M01", "BR1,zd,B01"],
    "drg": ["YR1,YR1,YR19,x,1,true", "BR1,BR1,BR19,x,1,true"],
}


@pytest.mark.parametrize(
    ("said", "gate", "found"),
    [("as_written", "pdx in MDC", "BR19"), ("any", "pdx in MDC", "YR19"), ("principal", "dx any MDC", "BR19")],
)
def test_hiv_by_principal_or_any_diagnosis(
    folder_of: Folders, a_case: Callable[..., Case], said: str, gate: str, found: str
) -> None:
    rows: dict[str, Any] = HIV | {"mdc": [f"Y,HIV,1,hiv,{gate}", HIV["mdc"][1]]}
    pack = read_pack(with_toml(folder_of(**rows), f"id = 'x'\n[switches]\nhiv_diagnosis = '{said}'\n"))
    assert group(pack, a_case(dx=["B01", "M01"])).drg == found
    assert group(pack, a_case(dx=["M01"])).drg == "YR19"


def aged(folder_of: Folders, condition: str) -> Pack:
    rows = {"drg": [f"BR1,BR1,BR11,x,1,{condition}", "BR1,BR1,BR19,x,2,true"]}
    return read_pack(
        with_toml(folder_of(adrg=["BR1,BR1,B,1,medical,pdx in zd,next"], adrg_list=["BR1,zd,B01"], **rows),
                  "id = 'x'\n[switches]\nage_unit = 'days'\n")
    )  # fmt: skip


@pytest.mark.parametrize(
    ("condition", "age", "days", "found"),
    [
        ("age < 29", 0, 28, "BR11"),
        ("age < 29", 0, 29, "BR19"),
        ("age < 29", 1, None, "BR19"),
        ("age < 6205", 16, None, "BR11"),
        ("age < 6205", 17, None, "BR19"),
        ("age >= 6205", 17, None, "BR11"),
        ('"age in {3, 365}"', 0, 3, "BR11"),
        ('"age in {3, 365}"', 1, None, "BR11"),
        ('"age in {3, 365}"', 2, None, "BR19"),
        ("not age < 29", 0, 28, "BR19"),
    ],
)
def test_ages_in_days(
    folder_of: Folders, a_case: Callable[..., Case], condition: str, age: int, days: int | None, found: str
) -> None:
    case = a_case(age=age, age_days=days, weight_g=3000)
    assert group(aged(folder_of, condition), case).drg == found


def test_weights_are_read_and_refused_by_row(folder_of: Folders) -> None:
    folder = folder_of()
    before = read_pack(folder).digest
    (folder / "weights.csv").write_text("drg,weight\nBB11,2.50\nBB15,1\n", encoding="utf-8")
    pack = read_pack(folder)
    assert {drg: str(weight) for drg, weight in pack.weights.items()} == {"BB11": "2.50", "BB15": "1"}
    assert pack.digest != before
    for wrong in ("x", "-1", "NaN"):
        (folder / "weights.csv").write_text(f"drg,weight\nBB11,{wrong}\n", encoding="utf-8")
        with pytest.raises(Refusal, match=f"^file weights.csv, row 1, column weight, value {wrong}: is no number"):
            read_pack(folder)
