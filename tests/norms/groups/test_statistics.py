"""norms.groups.statistics: every figure of 20,000 cases against plain Python, E19, and what holds for any cases."""

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from math import ceil, sqrt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yiheng.base.refusal import Refusal
from yiheng.norms.facts import PARTS, with_unit
from yiheng.norms.groups.statistics import FIGURES, RIV, STRUCTURE, UNITS, figures, riv, shard, statistics, together

Row = dict[str, Any]
KEYS = {"region": "region", "county": "county", "class": "hospital_class", "hospital": "hospital"}


def digits(exact: Any) -> float:
    return float(f"{float(exact):.12g}")


def share(above: int, below: int) -> float | None:
    return digits(Fraction(above, below)) if below else None


def plain_figures(rows: list[Row]) -> Row:
    """The definitions, written out."""
    made: Row = {"n": len(rows)}
    for name, scale in (("fee", 100), ("los", 1)):
        values = sorted(row[name] for row in rows if row[name] is not None)
        yuan = (lambda v: Decimal(v).scaleb(-2)) if name == "fee" else (lambda v: v)
        made |= {f"{name}_cases": len(values), f"mean_{name}": share(sum(values), len(values) * scale)}
        for quartile, quarter in (("p25", 1), ("median", 2), ("p75", 3)):
            made[f"{name}_{quartile}"] = yuan(values[ceil(len(values) * quarter / 4) - 1]) if values else None
        made |= {f"{name}_least": yuan(values[0]) if values else None}
        made |= {f"{name}_most": yuan(values[-1]) if values else None, f"{name}_cv": plain_cv(values)}
    for part in ("drug", "material"):
        its = [row for row in rows if row[part] is not None and row["fee"] is not None]
        whole = sum(row["fee"] for row in its)
        made |= {f"{part}_cases": len(its)}
        made |= {f"{part}_share": share(sum(row[part] for row in its), whole) if whole > 0 else None}
    died = [row["died"] for row in rows if row["died"] is not None]
    made |= {"death_cases": len(died), "deaths": sum(died), "death_rate": share(sum(died), len(died))}
    back = [row for row in rows if row["returned_any"] is not None]
    made |= {"return_cases": len(back)}
    for name in ("same", "any"):
        count = sum(row[f"returned_{name}"] for row in back)
        made |= {f"returned_{name}": count, f"return_rate_{name}": share(count, len(back))}
    return made


def plain_cv(values: list[int]) -> float | None:
    if len(values) < 2 or sum(values) <= 0:
        return None
    mean = Fraction(sum(values), len(values))
    variance = sum((value - mean) ** 2 for value in values) / (len(values) - 1)
    return sqrt(variance) / float(mean)


def by_key(rows: list[Row], *keys: str) -> dict[tuple[Any, ...], list[Row]]:
    found = defaultdict(list)
    for row in rows:
        found[tuple(row[key] for key in keys)].append(row)
    return found


def plain_riv(rows: list[Row]) -> float | None:
    """1 - squares around the groups' means / squares around the mean, without the short way."""
    inside = [row for row in rows if row["group"] is not None and row["fee"] is not None]
    if not inside:
        return None
    mean = Fraction(sum(row["fee"] for row in inside), len(inside))
    around = sum((row["fee"] - mean) ** 2 for row in inside)
    within = Fraction(0)
    for its in by_key(inside, "group").values():
        own = Fraction(sum(row["fee"] for row in its), len(its))
        within += sum((row["fee"] - own) ** 2 for row in its)
    return digits(1 - within / around) if around else None


@pytest.mark.slow
@pytest.mark.parity
@pytest.mark.parametrize("by", UNITS)
def test_every_figure_of_every_group(region_facts: Any, plain_facts: list[Row], by: str) -> None:
    rows = [row | {"region": "all"} for row in plain_facts]
    key = KEYS[by]
    wanted = {where: plain_figures(its) for where, its in by_key(rows, key, "group").items()}
    found = statistics(region_facts, by).groups
    assert found.column_names == [key, "group", *(name for name, _ in FIGURES)]
    order = [(row[key], row["group"]) for row in found.to_pylist()]
    assert order == sorted(order, key=lambda its: [(part is not None, part or "") for part in its])
    assert set(order) == set(wanted)
    for row in found.to_pylist():
        its = wanted[row[key], row["group"]]
        for name, value in its.items():
            # A root and a mean in floats may end in another twelfth digit.
            exact = not name.endswith("_cv") and not isinstance(value, float)
            assert row[name] == (value if exact or value is None else pytest.approx(value, rel=1e-11)), (row, name)


@pytest.mark.slow
@pytest.mark.parity
def test_every_share_of_every_category(region_facts: Any, plain_facts: list[Row]) -> None:
    groups = by_key(plain_facts, "hospital", "group")
    found = statistics(region_facts, "hospital").structure
    assert found.column_names == ["hospital", "group", *(name for name, _ in STRUCTURE)]
    rows = found.to_pylist()
    assert len(rows) == len(groups) * len(PARTS)
    assert [row["category"] for row in rows[:16]] == list(PARTS)
    for row in rows:
        part = row["category"]
        its = [r for r in groups[row["hospital"], row["group"]] if r[part] is not None and r["fee"] is not None]
        amount, of = sum(r[part] for r in its), sum(r["fee"] for r in its)
        assert (row["cases"], row["amount"] * 100, row["of"] * 100) == (len(its), amount, of)
        assert row["share"] == (pytest.approx(amount / of, rel=1e-11) if of > 0 else None)


@pytest.mark.slow
@pytest.mark.parity
@pytest.mark.parametrize("by", ["region", "class", "hospital"])
def test_every_riv(region_facts: Any, plain_facts: list[Row], by: str) -> None:
    units = by_key([row | {"region": "all"} for row in plain_facts], KEYS[by])
    found = statistics(region_facts, by).riv
    assert found.column_names == [KEYS[by], *(name for name, _ in RIV)]
    assert found.num_rows == len(units)
    for row in found.to_pylist():
        its = units[(row[KEYS[by]],)]
        inside = [r for r in its if r["group"] is not None]
        counts = (len(its), len(inside), len({r["group"] for r in inside}), sum(r["fee"] is not None for r in inside))
        assert (row["n"], row["grouped"], row["groups"], row["fee_cases"]) == counts
        assert row["riv"] == plain_riv(its)


@pytest.mark.golden
def test_e19_of_a_group(as_facts: Any) -> None:
    """8000, 9500, 10000, 10500, 12000: mean 10000, sample CV 0.145774; the quartiles are three of them."""
    fees = (12000, 8000, 10500, 9500, 10000)
    rows = [fact(n, fee) for n, fee in enumerate(fees)]
    (row,) = statistics(as_facts(rows), "region").groups.to_pylist()
    assert row["mean_fee"] == 10000
    assert row["fee_cv"] == pytest.approx(0.145774, abs=5e-7)
    assert [str(row[f"fee_{name}"]) for name in ("least", "p25", "median", "p75", "most")] == [
        "8000.00", "9500.00", "10000.00", "10500.00", "12000.00",
    ]  # fmt: skip


def test_riv_of_nothing_and_of_equal_fees_is_null() -> None:
    assert riv([]) is None
    assert riv([(2, 20, 200), (1, 10, 100)]) is None
    assert riv([(1, 10, 100), (1, 20, 400)]) == 1.0
    assert riv([(2, 30, 500)]) == 0.0


def test_an_unknown_unit_is_refused(region_facts: Any) -> None:
    with pytest.raises(Refusal) as refused:
        statistics(region_facts, "ward")
    said = "column --by, value ward: is no such unit -> one of: region, county, class, hospital"
    assert str(refused.value) == said


def test_no_cases_give_no_rows(as_facts: Any) -> None:
    found = statistics(as_facts([]), "region")
    assert (found.groups.num_rows, found.structure.num_rows, found.riv.num_rows) == (0, 0, 0)


def fact(number: int, fee: int | None, hospital: str = "A", group: str | None = "g", **its: Any) -> Row:
    money = None if fee is None else Decimal(fee)
    return {"row": number, "hospital": hospital, "case_id": str(number), "group": group, "total_fee": money} | its


def cases() -> Any:
    one = st.tuples(
        st.one_of(st.none(), st.integers(-5, 50)),
        st.sampled_from("AB"),
        st.one_of(st.none(), st.sampled_from("gh")),
        st.one_of(st.none(), st.integers(0, 9)),
    )
    return st.lists(one, min_size=1, max_size=30).map(
        lambda many: [fact(n, fee, hospital, group, los=los) for n, (fee, hospital, group, los) in enumerate(many)]
    )


@pytest.mark.slow
@pytest.mark.property
@given(cases(), st.randoms())
@settings(max_examples=2)
def test_shards_and_order_change_nothing(as_facts: Any, rows: list[Row], chance: Any) -> None:
    once = statistics(as_facts(rows), "hospital")
    shuffled = [row | {"row": n} for n, row in enumerate(chance.sample(rows, len(rows)))]
    halves = [shuffled[::2], shuffled[1::2]]
    parts = [shard(with_unit(as_facts(half), UNITS["hospital"]), UNITS["hospital"]) for half in halves]
    merged = figures(together(parts))
    assert merged.groups.equals(once.groups)
    assert merged.structure.equals(once.structure)
    assert merged.riv.equals(once.riv)


@pytest.mark.slow
@pytest.mark.property
@given(cases(), st.integers(2, 1000))
@settings(max_examples=6)
def test_fees_times_a_whole_number(as_facts: Any, rows: list[Row], by: int) -> None:
    """Fees are that much more, what has no unit stays."""
    dearer = [row | {"total_fee": None if row["total_fee"] is None else row["total_fee"] * by} for row in rows]
    once, more = (statistics(as_facts(its), "hospital") for its in (rows, dearer))
    for before, after in zip(once.groups.to_pylist(), more.groups.to_pylist(), strict=True):
        for name in before:
            if name.startswith("fee_p") or name in ("fee_median", "fee_least", "fee_most"):
                assert after[name] == (None if before[name] is None else before[name] * by)
            elif name == "mean_fee":
                assert after[name] == (None if before[name] is None else pytest.approx(before[name] * by, rel=1e-11))
            elif name == "fee_cv":
                assert after[name] == (None if before[name] is None else pytest.approx(before[name], rel=1e-11))
            else:
                assert after[name] == before[name]
    assert more.riv.equals(once.riv)


@pytest.mark.slow
@pytest.mark.property
@given(cases())
@settings(max_examples=4)
def test_hospitals_with_other_names_have_the_same_figures(as_facts: Any, rows: list[Row]) -> None:
    renamed = [row | {"hospital": {"A": "Z", "B": "Y"}[row["hospital"]]} for row in rows]
    once, other = (statistics(as_facts(its), "hospital").groups.to_pylist() for its in (rows, renamed))
    back = {"Z": "A", "Y": "B"}
    expected = {(row["hospital"], row["group"]): row for row in once}
    assert {
        (back[row["hospital"]], row["group"]): row | {"hospital": back[row["hospital"]]} for row in other
    } == expected
