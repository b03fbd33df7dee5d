"""The kernel says what the readable definition says, for catalogues and cases of every shape."""

from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yiheng.dip.assignment import machine as a
from yiheng.dip.assignment.batch import Assigner, patient_of
from yiheng.dip.assignment.book import Book, open_book
from yiheng.dip.assignment.compile import compile_book
from yiheng.dip.assignment.reference import assign_case
from yiheng.dip.catalogue.build import SCHEMA
from yiheng.dip.plan import plan

Row = dict[str, Any]
DAY = date(2024, 12, 31)

_PROC = ["36.06", "36.0600x004", "88.55", "37.22", "55.69", "99.25", "36", "ADM016"]
_TOKENS = st.sampled_from([*_PROC, "36*", "55.6*", "99.2503"])
_PARTS = st.lists(st.lists(_TOKENS, min_size=1, max_size=2, unique=True).map("/".join), max_size=3).map("+".join)
_DX = ["I21.9", "I21.900x001", "I21.0", "J18.9", "C50.9", "MUS010", "I2"]
_DX_TOKENS = st.lists(st.sampled_from([*_DX, "I21*", "C50*", "I*"]), max_size=2, unique=True).map("/".join)
_GROUPS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["core", "core", "primary", "early", "tcm", "comprehensive"]),
        "dx": _DX_TOKENS,
        "other_dx": st.sampled_from([None, None, None, "C50*", "I21.9"]),
        "proc": _PARTS,
        "treatment": st.sampled_from(["conservative", "surgery", "diagnostic", "therapeutic", "*"]),
        "wide": st.sampled_from(["I21", "I2", "I", "J18", "A00-J99", "I20-I22", "MUS010"]),
        "points": st.sampled_from([None, 100.0, 200.0]),
        "mean_cost": st.sampled_from([None, 1000.0, 3000.0]),
        "related_share": st.sampled_from([None, 0.1, 0.5]),
        "place": st.sampled_from([None, 1, 2]),
    }
)
_CASES = st.lists(
    st.fixed_dictionaries(
        {
            "dx": st.none() | st.lists(st.none() | st.sampled_from(_DX), max_size=3),
            "proc": st.none() | st.lists(st.none() | st.sampled_from(_PROC), max_size=4),
            "dx_edition": st.sampled_from([None, "ICD-10", "CCSR"]),
            "proc_edition": st.sampled_from([None, "ICD-9-CM-3", "CCSR"]),
            "total_fee": st.sampled_from([None, 1000.0, 2500.0]),
        }
    ),
    min_size=1,
    max_size=30,
)
_SCHEMES: tuple[dict[str, object], ...] = (
    {},
    {"match": "parts", "preference": ["exact", "matched", "specific", "share", "kind", "id"]},
    {"match": "parts", "preference": ["matched", "cost"], "conservative_fallback": True},
    {"match": "parts", "preference": ["specific", "kind", "points", "id"], "prefix_below": 7},
    {"match": "main_related", "preference": ["matched", "share", "specific", "kind", "id"]},
    {"match": "main_related", "preference": ["kind"], "comprehensive_key_chars": [3, 2, 1]},
)


def catalogue(rows: list[Row]) -> pa.Table:
    """Rows as a catalogue's table; what comprehensive groups do not say they do not have."""
    made, pools = [], set()
    for number, row in enumerate(rows):
        named = {**row, "group": f"G{number:02}", "rw": None if row["points"] is None else row["points"] / 1000}
        if row["kind"] == "comprehensive":
            if (row["wide"], row["treatment"]) in pools:
                continue
            pools.add((row["wide"], row["treatment"]))
            named |= {"dx": None, "proc": None, "other_dx": None}
        made.append(named)
    return pa.Table.from_pylist(made, schema=SCHEMA)


CASE_SCHEMA = pa.schema(
    [("dx", pa.list_(pa.string())), ("proc", pa.list_(pa.string())), ("dx_edition", pa.string()),
     ("proc_edition", pa.string()), ("total_fee", pa.float64())]
)  # fmt: skip


def wanted(cases: list[Row], book: Book) -> list[tuple[Any, ...]]:
    found = [assign_case(patient_of(case), book) for case in cases]
    return [(its.status, its.group and its.group.id, its.reason) for its in found]


def assigned(cases: list[Row], book: Book) -> list[tuple[Any, ...]]:
    batch = pa.RecordBatch.from_pylist(cases, schema=CASE_SCHEMA)
    rows = Assigner(compile_book(book)).assign(batch).to_pylist()
    return [(row["status"], row["group"], row["reason"]) for row in rows]


@pytest.mark.parity
@pytest.mark.parametrize("values", _SCHEMES)
def test_kernel_and_definition_agree(with_value: Any, values: dict[str, object]) -> None:
    made = plan(with_value(**values), DAY)

    @given(st.lists(_GROUPS, max_size=12), _CASES)
    @settings(max_examples=60, deadline=None)
    def agree(groups: list[Row], cases: list[Row]) -> None:
        book = open_book(catalogue(groups), made)
        assert assigned(cases, book) == wanted(cases, book)

    agree()


@pytest.mark.parity
@pytest.mark.property
def test_what_is_remembered_is_what_would_be_found(with_value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With room for two answers only, so that nearly all are forgotten again; whatever the batch they come in."""
    monkeypatch.setattr("yiheng.dip.assignment.machine._SLOTS", 2)
    made = plan(with_value(match="parts", conservative_fallback=True), DAY)

    @given(st.lists(_GROUPS.map(lambda group: {**group, "other_dx": None}), max_size=12), _CASES)
    @settings(max_examples=60, deadline=None)
    def agree(groups: list[Row], cases: list[Row]) -> None:
        book = open_book(catalogue(groups), made)
        its = Assigner(compile_book(book))
        assert its.compiled.rules.remembers
        batches = [cases, cases[::-1], [*cases, *cases]]
        for each in batches:
            rows = its.assign(pa.RecordBatch.from_pylist(each, schema=CASE_SCHEMA)).to_pylist()
            assert [(row["status"], row["group"], row["reason"]) for row in rows] == wanted(each, book)
        assert its._sheets[0].answers.shape == (2, 2)

    agree()


def row(group: str, kind: str = "core", **more: Any) -> Row:
    return {"group": group, "kind": kind, "treatment": "conservative", "points": 100.0} | more


def opened(with_value: Any, rows: list[Row], **values: object) -> Book:
    return open_book(pa.Table.from_pylist(rows, schema=SCHEMA), plan(with_value(**values), DAY))


def case(dx: str, *procs: str, fee: float | None = None) -> Row:
    return {"dx": [dx], "proc": list(procs), "dx_edition": None, "proc_edition": None, "total_fee": fee}


def answers(book: Book, *cases: Row) -> list[str | None]:
    """The groups of the cases, which both say."""
    found = assigned(list(cases), book)
    assert found == wanted(list(cases), book)
    return [group for _, group, _ in found]


def test_how_a_batch_is_stored_changes_nothing(with_value: Any) -> None:
    book = opened(with_value, [row("A", dx="I21.9"), row("B", dx="I21.9", proc="36.06", treatment="surgery")])
    given = [(["I21.9"], []), (["I21.9", "I10"], ["36.06"]), ([], ["36.06"]), (["I21.9"], ["36.06"])]
    cases = [{"dx": dx, "proc": proc} for dx, proc in given]
    batch = pa.RecordBatch.from_pylist(cases, schema=CASE_SCHEMA)
    its = Assigner(compile_book(book))
    expected = its.assign(batch).to_pylist()
    assert [row["group"] for row in expected] == ["A", "B", None, "B"]
    coded = pa.list_(pa.dictionary(pa.int32(), pa.string()))
    for name in ("dx", "proc"):
        place = batch.schema.get_field_index(name)
        batch = batch.set_column(place, name, batch[name].cast(coded))
        assert its.assign(batch).to_pylist() == expected
    assert its.assign(batch.slice(1)).to_pylist() == expected[1:]
    assert its.assign(batch.drop_columns(["proc"])).column("group").to_pylist() == ["A", "A", None, "A"]
    assert len(a.assign_rows.signatures) == 1, "the kernel is compiled anew for another form of arrays"


def test_plus_joins_what_is_required_and_slash_what_may_stand_for_it(with_value: Any) -> None:
    book = opened(with_value, [row("A", dx="I21.9", proc="36.06/36.07+88.55")], match="parts")
    cases = [case("I21.9", "36.07", "88.55"), case("I21.9", "36.06"), case("I21.9", "36.06", "88.55", "99.25")]
    assert answers(book, *cases) == ["A", None, "A"]


def test_a_short_operation_is_a_beginning_and_the_longer_wins(with_value: Any) -> None:
    """Xiangyang: under 7 characters a prefix; a whole code beats its own prefix."""
    rows = [row("A", dx="I21.9", proc="36.06"), row("B", dx="I21.9", proc="36.0600x004")]
    book = opened(with_value, rows, match="parts", prefix_below=7, preference=["matched", "specific", "id"])
    assert answers(book, case("I21.9", "36.0600x004"), case("I21.9", "36.0600x005"), case("I21.9", "36.07")) == [
        "B",
        "A",
        None,
    ]


def test_most_operations_then_the_nearest_mean(with_value: Any) -> None:
    rows = [
        row("A", dx="I21.9", proc="36.06", mean_cost=1000.0), row("B", dx="I21.9", proc="88.55", mean_cost=3000.0),
        row("C", dx="I21.9", proc="36.06+88.55+99.25", mean_cost=9000.0),
    ]  # fmt: skip
    book = opened(with_value, rows, match="parts", preference=["matched", "cost", "id"])
    both = ("36.06", "88.55")
    cases = [case("I21.9", *both, fee=1900), case("I21.9", *both, fee=2100), case("I21.9", *both, "99.25", fee=1)]
    assert answers(book, *cases, case("I21.9", *both)) == ["A", "B", "C", "A"]


def test_a_tie_is_ambiguous_and_named(with_value: Any) -> None:
    rows = [row("A", dx="I21.9", proc="36.06"), row("B", dx="I21.9", proc="88.55")]
    book = opened(with_value, rows, match="parts", preference=["matched"])
    cases = [case("I21.9", "36.06", "88.55")]
    assert assigned(cases, book) == wanted(cases, book) == [
        ("ambiguous", None, "several groups fit equally well: A, B")
    ]  # fmt: skip


def test_exactly_these_operations_beat_surplus_ones(with_value: Any) -> None:
    """Jingzhou."""
    rows = [row("A", dx="I21.9", proc="36.06", points=900.0), row("B", dx="I21.9", proc="36.06/88.55", points=100.0)]
    book = opened(with_value, rows, match="parts", preference=["exact", "matched", "points", "id"])
    assert answers(book, case("I21.9", "36.06", "88.55"), case("I21.9", "36.06")) == ["B", "A"]


def test_the_conservative_core_group_steps_in_where_the_scheme_says_so(with_value: Any) -> None:
    """Yichang."""
    rows = [row("A", dx="I21.9"), row("P", "comprehensive", wide="I21", treatment="surgery")]
    for fallback, group in ((True, "A"), (False, "P")):
        book = opened(with_value, rows, match="parts", conservative_fallback=fallback)
        assert answers(book, case("I21.9", "36.06"), case("I21.9"), case("I21.0", "36.06")) == [group, "A", "P"]


def test_three_then_two_then_one_character_then_ranges(with_value: Any) -> None:
    pools = [("I21", "A"), ("I2", "B"), ("I", "C"), ("A00-J99", "D"), ("J00-J99", "E")]
    rows = [row(name, "comprehensive", wide=wide) for wide, name in pools]
    book = opened(with_value, rows, comprehensive_key_chars=[3, 2, 1])
    cases = [case(dx) for dx in ("I21.9", "I25.1", "I10", "B01", "J18.9", "K80.1")]
    assert answers(book, *cases) == ["A", "B", "C", "D", "E", None]


def test_main_and_related(two: Any) -> None:
    rows = [row("M", dx="I21.9", proc="36.06"), row("R", dx="I21.9", proc="36.06+37.22", related_share=0.3),
            row("S", dx="I21.9", proc="36.06+88.55", related_share=0.2)]  # fmt: skip
    book = open_book(pa.Table.from_pylist(rows, schema=SCHEMA), plan(two, DAY))
    cases = [case("I21.9", *procs.split()) for procs in ("36.06", "36.06 99.25", "36.06 88.55 37.22", "37.22 36.06")]
    assert answers(book, *cases) == ["M", "M", "R", None]


@pytest.mark.parity
@pytest.mark.parametrize("scheme_id", ["1.0", "2.0"])
def test_every_case_is_in_the_group_that_it_made(
    backend: Any, table: Any, random_cases: Any, scheme_id: str, national: Any, two: Any
) -> None:
    from yiheng.dip.catalogue.build import build

    scheme = national if scheme_id == "1.0" else two
    rows = random_cases(11, 3000)
    made = build(backend, table(rows), scheme)
    book = open_book(made.groups, plan(scheme, made.day))
    newest = [each for each in rows if each["year"] in made.years and each["total_fee"] is not None]
    cases = [{**each, "total_fee": float(each["total_fee"])} for each in newest]
    cases = [{name: each[name] for name in CASE_SCHEMA.names} for each in cases]
    found = assigned(cases, book)
    assert found == wanted(cases, book)
    counted: dict[str, int] = {}
    for status, group, _ in found:
        if status == "grouped":
            counted[group] = counted.get(group, 0) + 1
    assert counted == {each["group"]: each["n"] for each in made.groups.to_pylist()}


def test_two_groups_of_one_id_or_pool_are_refused(with_value: Any) -> None:
    from yiheng.base.refusal import Refusal

    with pytest.raises(Refusal, match="column group, value A: two groups have this id"):
        opened(with_value, [row("A", dx="I21.9"), row("A", dx="I21.0")])
    pools = [row(name, "comprehensive", wide="I21") for name in "AB"]
    with pytest.raises(Refusal, match="column group, value A: two comprehensive groups for one diagnosis and class"):
        opened(with_value, pools)
    with pytest.raises(Refusal, match="value 36.06.: is no list of operations"):
        opened(with_value, [row("A", dx="I21.9", proc="36.06+")])
