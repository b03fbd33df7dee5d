"""A header is recognised by codes or Chinese names, in any order, with strange columns; else it is refused by name."""

from pathlib import Path
from random import Random

import pytest

from yiheng.base.refusal import Refusal
from yiheng.cases.forms import KNOWN, as_form, known_form, recognise
from yiheng.cases.forms.recognise import RETURNED

FILE = Path("folder/a.csv")
# The settlement list has Chinese names that two of its columns share: no header has them all.
NAMED = ["frontpage-hqms", "frontpage-2019"]
OFFICIAL = [*NAMED, "settlement"]


def header_of(form_id: str) -> list[str]:
    own = () if known_form(form_id).layout else ("source_file", "source_row", "list_version", "commit")
    return [code for code in known_form(form_id).columns if code not in own]


@pytest.mark.parametrize("form_id", KNOWN)
def test_every_form_is_recognised_by_its_codes(form_id: str) -> None:
    found = recognise(header_of(form_id), FILE)
    assert (found.form.id, found.strange) == (form_id, ())


@pytest.mark.parametrize("form_id", [each for each in KNOWN if each not in ("cases", "settlement")])
def test_every_form_is_recognised_by_its_chinese_names(form_id: str) -> None:
    form = known_form(form_id)
    found = recognise([form.columns[code] for code in header_of(form_id)], FILE)
    assert (found.form.id, found.strange) == (form_id, ())


@pytest.mark.parametrize("form_id", NAMED)
def test_names_and_codes_are_read_alike(form_id: str) -> None:
    form = known_form(form_id)
    assert form.layout is not None
    by_code, by_name = recognise(list(form.columns), FILE).layout, recognise(list(form.columns.values()), FILE).layout
    assert set(by_code.columns) == set(by_name.columns) == set(form.layout.columns)
    for name, recipe in by_code.columns.items():
        assert by_name.columns[name].sources == tuple(form.columns[code] for code in recipe.sources)


@pytest.mark.parametrize("form_id", OFFICIAL)
@pytest.mark.parametrize("seed", range(3))
def test_shuffled_columns_with_strange_ones_between(form_id: str, seed: int) -> None:
    chance = Random(seed)
    header = [*known_form(form_id).columns, "备注", "院内流水号"]
    chance.shuffle(header)
    found = recognise(header, FILE)
    assert found.form.id == form_id
    assert set(found.strange) == {"备注", "院内流水号"}
    assert found.layout == recognise(list(known_form(form_id).columns), FILE).layout


@pytest.mark.parametrize("written", [" P900 ", "p900", "Ｐ９００", "医疗机构代码", "医 疗机构代码"])
def test_what_people_write_differently_is_one_name(written: str) -> None:
    header = [written, *list(known_form("frontpage-hqms").columns)[1:]]
    found = recognise(header, FILE)
    assert (found.form.id, found.strange) == ("frontpage-hqms", ())
    assert found.layout.columns["hospital"].sources == (written,)


@pytest.mark.parametrize("form_id", OFFICIAL)
def test_a_form_without_what_it_needs_is_refused_by_name(form_id: str) -> None:
    form = known_form(form_id)
    sent_by = form.layout.columns["hospital"].sources if form.layout else ()
    for code in form.needed:
        with pytest.raises(Refusal) as caught:
            recognise([name for name in form.columns if name != code], FILE)
        cure = "name the sender: --hospital CODE" if code in sent_by else f"its header: yiheng cases forms {form_id}"
        assert str(caught.value) == (
            f"file a.csv, column {code} {form.columns[code]}: lacks columns of the form {form.word.zh} {form.word.en}"
            f" -> {cure}"
        )


def test_a_form_that_a_user_names_is_refused_for_what_it_lacks() -> None:
    with pytest.raises(Refusal, match="lacks columns of the form") as caught:
        as_form(known_form("settlement"), ["x", "setl_id"], FILE)
    assert caught.value.column == "fixmedins_code 定点医药机构编号, dscg_time 出院时间"


def test_a_header_that_no_form_has_is_shown() -> None:
    with pytest.raises(Refusal) as caught:
        recognise([f"x{number}" for number in range(20)], FILE)
    assert str(caught.value) == (
        f"file a.csv, value {', '.join(f'x{number}' for number in range(12))}: no known form has these columns"
        " -> give a mapping file, or see: yiheng cases forms"
    )


def test_a_place_that_the_file_lacks_keeps_the_others_in_theirs() -> None:
    header = [code for code in known_form("frontpage-hqms").columns if code not in ("P324", "P806", "P820")]
    layout = recognise(header, FILE).layout
    assert layout.columns["dx"].sources[:3] == ("P321", "", "P327")
    assert layout.columns["dx_present"].sources[:3] == ("P805", "", "P807")
    assert layout.columns["proc_level"].sources[0] == ""


def test_what_the_file_lacks_is_left_out() -> None:
    form = known_form("frontpage-hqms")
    layout = recognise(["P900", "P3", "P2", "P22", "P25", "P6", "P321", "P6911"], FILE).layout
    assert set(layout.columns) >= {"hospital", "case_id", "admit_date", "discharge_date", "age", "age_days", "dx"}
    assert not {"patient", "sex", "los", "total_fee", "proc", "proc_date", "dx_present"} & set(layout.columns)
    assert layout.stays == {}
    assert layout.names == ()
    assert form.layout is not None
    assert form.layout.columns["patient"].sources == ("P13",)


def test_the_columns_of_a_returned_file_are_no_strange_ones() -> None:
    header = [*known_form("frontpage-2019").columns, *RETURNED]
    assert recognise(header, FILE).strange == ()


def test_near_misses_of_the_case_table_are_told() -> None:
    with pytest.raises(Refusal) as caught:
        recognise(["hospital", "case_id", "year", "total_fees"], FILE)
    assert str(caught.value) == (
        "file a.csv, column total_fees: is not a column of the table cases -> did you mean total_fee?"
    )
