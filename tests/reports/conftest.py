"""A made-up region for the reports: invented hospitals (演示), groups and files; the same figures in every run."""

import random
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from yiheng.base.words import Word
from yiheng.norms.standardised import SCHEMA as SEVERITY
from yiheng.reports.analysis import Analysis, Grouping, Holding, LoadedFile, Version
from yiheng.reports.held import OPEN_MONTHS, OPEN_RULES
from yiheng.reports.html import ASSETS, CHART_LIBRARY
from yiheng.reports.limits import Limits
from yiheng.reports.reasons import SCHEMA as OUTCOMES

MONEY = pa.decimal128(18, 2)
MEASURES = [
    ("n", pa.int64()), ("grouped", pa.int64()), ("fee_cases", pa.int64()), ("mean_cost", pa.float64()),
    ("los_cases", pa.int64()), ("mean_los", pa.float64()), ("weight_cases", pa.int64()), ("weight", pa.float64()),
    ("cmi", pa.float64()), ("cost_cases", pa.int64()), ("cost_index", pa.float64()), ("time_cases", pa.int64()),
    ("time_index", pa.float64()), ("fee", MONEY), ("norm_fee", MONEY), ("difference", MONEY),
]  # fmt: skip
YEARS = pa.schema(
    [("year", pa.int16()), ("cases", pa.int64()), ("hospitals", pa.int64()), ("fee", MONEY), ("fee_cases", pa.int64()),
     ("mean_fee", pa.float64()), ("los_cases", pa.int64()), ("mean_los", pa.float64()), ("deaths", pa.int64()),
     ("out_of_area", pa.int64())]
)  # fmt: skip
HOSPITALS = pa.schema(
    [("code", pa.string()), ("name", pa.string()), ("name_en", pa.string()), ("level", pa.int8()),
     ("kind", pa.string()), ("county", pa.string())]
)  # fmt: skip
FINDINGS = pa.schema(
    [("file", pa.string()), ("column", pa.string()), ("rule", pa.string()), ("reason", pa.string()),
     ("reason_en", pa.string()), ("rows", pa.int64())]
)  # fmt: skip
MONTHS = pa.schema([("month", pa.string()), ("cases", pa.int64()), ("fee", MONEY)])
PAYERS = pa.schema([("payer", pa.string()), ("cases", pa.int64()), ("fee", MONEY)])
FEES = pa.schema([("item", pa.string()), ("amount", MONEY)])
STATUSES = pa.schema([("status", pa.string()), ("kind", pa.string()), ("n", pa.int64())])
CATALOGUE = pa.schema(
    [("group", pa.string()), ("kind", pa.string()), ("dx", pa.string()), ("proc", pa.string()), ("n", pa.int64()),
     ("mean_cost", pa.float64()), ("mean_los", pa.float64()), ("rw", pa.float64()), ("points", pa.float64())]
)  # fmt: skip

# Limits of the tests' own, so that a change of policy changes no test.
LIMITS = Limits(
    pair_cases=10, watch_cases=30, confidence=0.95, ages=(18, 65), principal_chars=3, unofficial=("outline",)
)
NOTICE = Word("提纲版，非官方", "Outline, unofficial")
HELD = (Holding("lines", 61_000, 3_000), Holding("icu", 40, 35), Holding("withdrawn", 0, 0))

COUNTIES = ("云上区", "清河县", "松岭县", "平川县", "东湖区", "石桥市")
TOWNS_EN = ("Yunshang", "Qinghe", "Songling", "Pingchuan", "Donghu", "Shiqiao")
KINDS = (
    ("general", "人民医院", "People's Hospital", 3), ("tcm", "中医医院", "TCM Hospital", 2),
    ("maternal_child", "妇幼保健院", "Maternal and Child Hospital", 2),
    ("general", "第二人民医院", "Second Hospital", 2),
    ("township", "中心卫生院", "Township Centre", None),
)  # fmt: skip
DISEASES = (
    ("脑梗死", "Cerebral infarction"), ("慢性阻塞性肺疾病", "Chronic obstructive pulmonary disease"),
    ("肺炎", "Pneumonia"), ("2型糖尿病", "Type 2 diabetes"), ("急性阑尾炎", "Acute appendicitis"),
    ("胆囊结石", "Gallstones"), ("老年性白内障", "Senile cataract"), ("腰椎间盘突出", "Lumbar disc herniation"),
    ("心力衰竭", "Heart failure"), ("股骨颈骨折", "Fracture of neck of femur"), ("原发性高血压", "Hypertension"),
    ("恶性肿瘤维持性化疗", "Maintenance chemotherapy"), ("冠状动脉粥样硬化性心脏病", "Coronary heart disease"),
)  # fmt: skip
OPERATIONS = (("", ""), ("腹腔镜切除术", "laparoscopic excision"), ("内固定术", "internal fixation"),
              ("药物治疗", "drug treatment"), ("置换术", "replacement"))  # fmt: skip


def table(schema: pa.Schema, rows: list[dict[str, Any]]) -> pa.Table:
    """Rows as a table of exactly these columns."""
    return pa.Table.from_pylist(rows, schema=schema)


def unit(n: int, fee: str, norm: str, **more: Any) -> dict[str, Any]:
    """One unit against the norm, of which every case counts."""
    paid, expected = Decimal(fee), Decimal(norm)
    whole = dict.fromkeys(("grouped", "fee_cases", "los_cases", "weight_cases", "cost_cases", "time_cases"), n)
    money = {"fee": paid, "norm_fee": expected, "difference": expected - paid, "mean_cost": float(paid) / n}
    made = {"mean_los": 7.5, "weight": float(n), "cmi": 1.0, "cost_index": float(paid / expected), "time_index": 1.0}
    return {"n": n, **whole, **money, **made, **more}


def units(keys: list[str], rows: list[dict[str, Any]], rw: bool = False) -> pa.Table:
    """A table by unit with the columns of `norms.build`."""
    fields = [*((key, pa.string()) for key in keys), *MEASURES, *([("rw", pa.float64())] if rw else [])]
    return table(pa.schema(fields), rows)


def region(hospitals: int = 22, groups: int = 400, seed: int = 7) -> Analysis:
    """A whole year of a made-up region; the sums over hospitals and over groups agree."""
    chance = random.Random(seed)
    codes = [f"H{number:04d}" for number in range(1, hospitals + 1)]
    names = {("group", f"G{number:04d}"): _disease(number) for number in range(groups)}
    pairs = _pairs(chance, codes, groups)
    cases = sum(pair["n"] for pair in pairs)
    fee = sum((pair["fee"] for pair in pairs), Decimal(0))
    return Analysis(
        title=Word("云州市公立医院精细化管理分析（演示）", "Yunzhou public hospitals (made up)"),
        made_up=True,
        year=2025,
        files=tuple(_file(commit) for commit in range(1, 5)),
        versions=(Version("code_version", "0.1.0"), Version("commit", "4"), Version("catalogue", "dip@9f31c2")),
        unchecked=(("core_threshold", "15", "核心病种例数阈值，未核对原文"),),
        years=table(YEARS, [_year(y, cases, fee, hospitals) for y in (2023, 2024, 2025)]),
        months=table(MONTHS, [_month(m, cases, fee) for m in range(1, 13)]),
        payers=table(PAYERS, _payers(cases, fee)),
        fees=table(FEES, [{"item": f"fee_{i:02d}", "amount": _part(fee, 14 - i, 91)} for i in range(1, 14)]),
        hospitals=table(HOSPITALS, [_hospital(code, place) for place, code in enumerate(codes)]),
        findings=table(FINDINGS, _findings()),
        closed=4,
        holdings=HELD,
        open_rules=table(OPEN_RULES, [_open(code, place) for place, code in enumerate(codes)]),
        open_months=table(
            OPEN_MONTHS, [{"month": f"2025-{m:02d}", "cases": 90 + m, "failed": m} for m in range(1, 13)]
        ),
        limits=LIMITS,
        groupings=(
            _grouping("dip", pairs, cases, chance),
            _grouping("given", pairs, cases, chance, catalogue=False),
            _outlined(_grouping("drg", pairs, cases, chance, catalogue=False), codes, names, chance),
        ),
        names=names,
    )


def _disease(number: int) -> Word:
    (zh, en), (zh_op, en_op) = DISEASES[number % len(DISEASES)], OPERATIONS[number % len(OPERATIONS)]
    suffix = "" if number < len(DISEASES) * len(OPERATIONS) else f" {number}"
    return Word(zh + (f"：{zh_op}" if zh_op else "") + suffix, en + (f", {en_op}" if en_op else "") + suffix)


def _pairs(chance: random.Random, codes: list[str], groups: int) -> list[dict[str, Any]]:
    """Cases of each group in each hospital; the norm of a group is its own mean over all hospitals."""
    rows = []
    habit = {code: chance.uniform(0.82, 1.2) for code in codes}
    for number in range(groups):
        price, size = chance.lognormvariate(8.9, 0.6), chance.paretovariate(1.1)
        cells = [
            (code, int(size * chance.uniform(0, 3) * (1 + len(codes) - place) / 8)) for place, code in enumerate(codes)
        ]
        here = [(code, n, round(n * price * habit[code] * chance.uniform(0.9, 1.1), 2)) for code, n in cells if n]
        mean = sum(fee for _, _, fee in here) / max(1, sum(n for _, n, _ in here))
        for code, n, fee in here:
            stay = round(4 + price / 3000 * habit[code], 2)
            more = {"hospital": code, "group": f"G{number:04d}", "mean_los": stay, "rw": round(price / 9000, 4)}
            rows.append(unit(n, f"{fee:.2f}", f"{n * mean:.2f}", **more))
    return rows


def _grouping(
    id_: str, pairs: list[dict[str, Any]], cases: int, chance: random.Random, catalogue: bool = True
) -> Grouping:
    missed = cases // 50
    by_group = [_sum(rows, "group") for rows in _split(pairs, "group")]
    statuses = [("grouped", "core", cases - 3 * missed), ("grouped", "comprehensive", 2 * missed)]
    statuses += [("ungroupable", None, missed - 7), ("invalid", None, 7)]
    return Grouping(
        id=id_,
        run=f"{id_}-0001",
        cases=cases,
        by={
            "hospital": units(["hospital"], [_spread(_sum(r, "hospital"), chance) for r in _split(pairs, "hospital")]),
            "group": units(["group"], by_group, rw=True),
            "hospital_group": units(["hospital", "group"], pairs),
            "dept": units(["hospital", "dept"], _depts(pairs)),
        },
        statuses=table(STATUSES, [dict(zip(("status", "kind", "n"), each, strict=True)) for each in statuses]),
        catalogue=table(CATALOGUE, [_entry(row) for row in by_group]) if catalogue else None,
    )


def _outlined(its: Grouping, codes: list[str], names: dict[tuple[str, str], Word], chance: random.Random) -> Grouping:
    """A grouping by a pack that nobody issued, with outcomes and complications by hospital."""
    outcomes = [
        {"hospital": code, "status": "grouped", "reason": None, "n": 100 + place} for place, code in enumerate(codes)
    ]
    outcomes += [{"hospital": codes[0], "status": "ungroupable", "reason": "no MDC takes it", "n": 7}]
    severity = [_severity(code, level, chance) for level in ("any", "mcc") for code in codes]
    return replace(
        its,
        names={code: name for (_, code), name in names.items()},
        notice=NOTICE,
        outcomes=table(OUTCOMES, outcomes),
        severity=table(SEVERITY, severity),
    )


def _severity(code: str, level: str, chance: random.Random) -> dict[str, Any]:
    n = chance.randint(20, 900)
    observed, expected = n // 3, round(n / 3 * chance.uniform(0.7, 1.3), 6)
    ratio = observed / expected
    its = {"hospital": code, "level": level, "n": n, "observed": observed, "expected": expected}
    return {**its, "ratio": ratio, "low": ratio * 0.9, "high": ratio * 1.1}


def _open(code: str, place: int) -> dict[str, Any]:
    rule = {"rule": "symptom", "zh": "症状体征作主要诊断", "en": "a symptom as principal diagnosis", "severity": "flag"}
    return {"hospital": code, **rule, "cases": 500, "failed": 1 + place % 7}


def _split(rows: list[dict[str, Any]], key: str) -> list[list[dict[str, Any]]]:
    parts: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        parts.setdefault(row[key], []).append(row)
    return [parts[value] for value in sorted(parts)]


def _sum(rows: list[dict[str, Any]], key: str) -> dict[str, Any]:
    fee, norm = (sum((row[name] for row in rows), Decimal(0)) for name in ("fee", "norm_fee"))
    n = sum(row["n"] for row in rows)
    stay = sum(row["n"] * row["mean_los"] for row in rows) / n
    weight = sum(row["n"] * row["rw"] for row in rows)
    return unit(n, str(fee), str(norm), mean_los=stay, cmi=weight / n, weight=weight, rw=weight / n) | {
        key: rows[0][key]
    }


def _spread(row: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    grouped = row["n"] - row["n"] // 50
    return row | {"grouped": grouped, "cost_cases": grouped, "time_cases": grouped, "weight_cases": grouped} | {
        "time_index": round(row["cost_index"] * chance.uniform(0.9, 1.1), 6)
    }  # fmt: skip


def _depts(pairs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    wards = ("心血管内科", "神经内科", "骨科", "普通外科", "妇产科", "儿科")
    named = [{**row, "dept": wards[int(row["group"][1:]) % 6]} for row in pairs]
    return [
        _sum(part, "dept") | {"hospital": rows[0]["hospital"]}
        for rows in _split(named, "hospital")
        for part in _split(rows, "dept")
    ]


def _entry(row: dict[str, Any]) -> dict[str, Any]:
    kind = "core" if row["n"] > 30 else "comprehensive"
    points = round(row["rw"] * 1000, 2)
    keep = {name: row[name] for name in ("group", "n", "mean_cost", "mean_los", "rw")}
    return {**keep, "kind": kind, "dx": row["group"], "proc": None, "points": points}


def _file(commit: int) -> LoadedFile:
    digest = f"{commit:x}" * 64
    return LoadedFile(commit, f"出院病例_{2021 + commit}.csv", "canonical", digest, 1000 * commit, 1000 * commit - 3, 3)


def _year(year: int, cases: int, fee: Decimal, hospitals: int) -> dict[str, Any]:
    years = 2025 - year
    n, paid = cases - 431 * years, fee - Decimal("2345678.90") * years
    counts = {"fee_cases": n, "los_cases": n, "deaths": n // 180, "out_of_area": n // 21}
    stays = {"mean_fee": float(paid) / n, "mean_los": 7.42 + 0.31 * years}
    return {"year": year, "cases": n, "hospitals": hospitals, "fee": paid, **counts, **stays}


def _month(month: int, cases: int, fee: Decimal) -> dict[str, Any]:
    share = 100 + (month * 7) % 13
    return {"month": f"2025-{month:02d}", "cases": cases * share // 1272, "fee": _part(fee, share, 1272)}


def _payers(cases: int, fee: Decimal) -> list[dict[str, Any]]:
    parts = (("resident", 58), ("employee", 31), ("self", 6), ("maternity", 3), (None, 2))
    return [{"payer": payer, "cases": cases * part // 100, "fee": _part(fee, part, 100)} for payer, part in parts]


def _part(fee: Decimal, part: int, whole: int) -> Decimal:
    return (fee * part / whole).quantize(Decimal("0.01"))


def _hospital(code: str, place: int) -> dict[str, Any]:
    town, (kind, zh, en, level) = place % len(COUNTIES), KINDS[place % len(KINDS)]
    number = f"{place // 30 + 1}" if place >= 30 else ""
    name = f"演示{COUNTIES[town][:-1]}{zh}{number}"
    row = {"code": code, "name": name, "name_en": f"Demo {TOWNS_EN[town]} {en} {number}".strip()}
    return {**row, "level": level, "kind": kind, "county": COUNTIES[town]}


def _findings() -> list[dict[str, Any]]:
    rows = (
        ("出院病例_2024.csv", "出院日期", "date_order", "出院早于入院", "discharged before admission", 7),
        ("出院病例_2025.csv", "总费用", "money", "金额不是数字", "the amount is not a number", 5),
    )
    return [dict(zip(FINDINGS.names, row, strict=True)) for row in rows]


@pytest.fixture(scope="session")
def analysis() -> Analysis:
    """22 hospitals, 400 groups, two groupings."""
    return region()


@pytest.fixture(scope="session")
def bare() -> Analysis:
    """A region of which almost nothing is known: no list, no payers, no catalogue, no findings, means all null."""
    whole = region(hospitals=3, groups=5)
    unknown = dict.fromkeys(("weight", "cmi", "mean_los", "time_index"))
    rows = [row | unknown for row in whole.groupings[1].by["hospital"].to_pylist()]
    given = replace(whole.groupings[1], by={"hospital": units(["hospital"], rows)}, statuses=STATUSES.empty_table())
    nothing = {"deaths": None, "out_of_area": None, "mean_los": None}
    return replace(
        whole,
        made_up=False,
        files=(),
        versions=(),
        unchecked=(),
        years=table(YEARS, [row | nothing for row in whole.years.to_pylist()[-1:]]),
        months=MONTHS.empty_table(),
        payers=PAYERS.empty_table(),
        fees=FEES.empty_table(),
        hospitals=HOSPITALS.empty_table(),
        findings=FINDINGS.empty_table(),
        closed=0,
        holdings=(),
        open_rules=OPEN_RULES.empty_table(),
        open_months=OPEN_MONTHS.empty_table(),
        groupings=(given,),
        names={},
    )


@pytest.fixture
def asset() -> None:
    """Skips a test that writes a page where the chart library was not fetched."""
    if not (ASSETS / CHART_LIBRARY).is_file():
        pytest.skip(f"{CHART_LIBRARY} is absent: run `make assets`")


@pytest.fixture
def make_region() -> Callable[..., Analysis]:
    """The maker itself, for other sizes."""
    return region


@pytest.fixture(scope="session")
def small() -> Analysis:
    """Two hospitals and two groups with figures that can be worked out by hand."""
    years = [
        {"year": 2024, "cases": 200, "hospitals": 2, "fee": Decimal("1800000.00"), "fee_cases": 200, "mean_fee": 9000.0,
         "los_cases": 200, "mean_los": 8.0, "deaths": 2, "out_of_area": 18},
        {"year": 2025, "cases": 300, "hospitals": 2, "fee": Decimal("3000000.00"), "fee_cases": 300,
         "mean_fee": 10000.0, "los_cases": 299, "mean_los": 7.5, "deaths": 3, "out_of_area": 30},
    ]  # fmt: skip
    places = [
        {"code": "A", "name": "演示甲医院", "name_en": "Demo A", "level": 3, "kind": "general", "county": "云上区"},
        {"code": "B", "name": "演示乙医院", "name_en": "Demo B", "level": None, "kind": "township", "county": "清河县"},
    ]
    hospitals = [
        unit(200, "2200000", "2000000", hospital="A", time_index=1.05, cmi=1.2),
        unit(100, "800000", "1000000", hospital="B", time_index=0.9, cmi=0.6),
    ]
    groups = [unit(300, "3000000", "3000000", group="G1", rw=1.0)]
    pairs = [{**row, "group": "G1"} for row in hospitals]
    statuses = [("grouped", "core", 294), ("ungroupable", None, 6)]
    grouping = Grouping(
        id="dip",
        run="groupings/1",
        cases=300,
        by={
            "hospital": units(["hospital"], hospitals),
            "group": units(["group"], groups, rw=True),
            "hospital_group": units(["hospital", "group"], pairs),
        },
        statuses=table(STATUSES, [dict(zip(("status", "kind", "n"), each, strict=True)) for each in statuses]),
        catalogue=table(CATALOGUE, [_entry(groups[0])]),
    )
    return Analysis(
        title=Word("演示区", "Demo region"),
        made_up=True,
        year=2025,
        files=(_file(1),),
        versions=(Version("code_version", "0.1.0"),),
        unchecked=(),
        years=table(YEARS, years),
        months=table(MONTHS, [{"month": "2025-01", "cases": 300, "fee": Decimal("3000000.00")}]),
        payers=table(
            PAYERS,
            [{"payer": "employee", "cases": 100, "fee": Decimal("1500000.00")},
             {"payer": "resident", "cases": 200, "fee": Decimal("1500000.00")}],
        ),
        fees=table(
            FEES,
            [{"item": "fee_09", "amount": Decimal("1500000.00")}, {"item": "fee_03", "amount": Decimal("750000.00")}],
        ),
        hospitals=table(HOSPITALS, places),
        findings=FINDINGS.empty_table(),
        closed=0,
        holdings=(Holding("lines", 6_000, 240), Holding("icu", 0, 0)),
        open_rules=OPEN_RULES.empty_table(),
        open_months=table(OPEN_MONTHS, [{"month": "2025-01", "cases": 300, "failed": 0}]),
        limits=LIMITS,
        groupings=(grouping,),
        names={("group", "G1"): Word("肺炎", "Pneumonia")},
    )  # fmt: skip


@pytest.fixture(scope="session")
def outlined(small: Analysis) -> Analysis:
    """`small` with a DRG grouping by a pack that nobody issued; its counts are worked out in the tests."""
    outcomes = [
        {"hospital": "A", "status": "ambiguous", "reason": "ambiguous by rule BQ1", "n": 5},
        {"hospital": "A", "status": "grouped", "reason": None, "n": 190},
        {"hospital": "A", "status": "ungroupable", "reason": "no rule of MDC B, F matches", "n": 4},
        {"hospital": "A", "status": "ungroupable", "reason": "no MDC takes it", "n": 1},
        {"hospital": "B", "status": "grouped", "reason": None, "n": 98},
        {"hospital": "B", "status": "invalid", "reason": "age unknown; newborn without weight", "n": 1},
        {"hospital": "B", "status": "ungroupable", "reason": "no MDC takes it", "n": 1},
    ]
    severity = [
        {"hospital": "A", "level": "any", "n": 190, "observed": 95, "expected": 76.0, "ratio": 1.25, "low": 1.1,
         "high": 1.4},
        {"hospital": "B", "level": "any", "n": 29, "observed": 1, "expected": 20.0, "ratio": 0.05, "low": 0.01,
         "high": 0.2},
        {"hospital": "A", "level": "mcc", "n": 190, "observed": 0, "expected": 0.0, "ratio": None, "low": None,
         "high": None},
        {"hospital": "B", "level": "mcc", "n": 29, "observed": 0, "expected": 0.0, "ratio": None, "low": None,
         "high": None},
    ]  # fmt: skip
    statuses = [("grouped", None, 288), ("ungroupable", None, 6), ("ambiguous", None, 5), ("invalid", None, 1)]
    drg = replace(
        small.groupings[0],
        id="drg",
        catalogue=None,
        names={"G1": Word("肺炎，不伴并发症", "肺炎，不伴并发症")},
        notice=NOTICE,
        statuses=table(STATUSES, [dict(zip(("status", "kind", "n"), each, strict=True)) for each in statuses]),
        outcomes=table(OUTCOMES, outcomes),
        severity=table(SEVERITY, severity),
    )
    return replace(small, groupings=(*small.groupings, drg))


@pytest.fixture
def with_severity() -> Callable[..., Analysis]:
    """An analysis whose last grouping has these rows of any complication: hospital, cases, ratio's lower, upper end."""

    def make(analysis: Analysis, rows: list[tuple[str, int, float, float]]) -> Analysis:
        its = [
            {"hospital": code, "level": "any", "n": n, "observed": n // 2, "expected": n / 2, "ratio": (low + high) / 2,
             "low": low, "high": high}
            for code, n, low, high in rows
        ]  # fmt: skip
        last = replace(analysis.groupings[-1], severity=table(SEVERITY, its))
        return replace(analysis, groupings=(*analysis.groupings[:-1], last))

    return make
