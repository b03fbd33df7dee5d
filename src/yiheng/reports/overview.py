"""The region overview (概览): the year's figures, the years and months, who pays, and what the fees are made of."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from yiheng.base.words import Word, word
from yiheng.reports.analysis import Analysis, Grouping
from yiheng.reports.figures import Kind, Number, Value, count, days, percent, share, wan, yuan
from yiheng.reports.naming import term
from yiheng.reports.shape import Chart, Column, Drawing, Section, Table, Tile, column
from yiheng.reports.units import merged, ordered, total
from yiheng.tables.contract import contract

Year = Mapping[str, Any]

_YEAR_COLUMNS = (
    column("year", Kind.PLAIN),
    column("cases", Kind.COUNT),
    column("hospitals", Kind.COUNT),
    column("fee", Kind.YUAN),
    column("fee_cases", Kind.COUNT),
    column("mean_fee", Kind.YUAN),
    column("los_cases", Kind.COUNT),
    column("mean_los", Kind.DAYS),
    column("deaths", Kind.COUNT),
    column("mortality", Kind.RATIO),
    column("out_of_area", Kind.COUNT),
    column("out_of_area_share", Kind.RATIO),
)


def overview(analysis: Analysis) -> Section:
    """The first section: what a director sees before turning a page."""
    years = [_with_shares(row) for row in analysis.years.sort_by("year").to_pylist()]
    now = next((row for row in years if row["year"] == analysis.year), None)
    before = next((row for row in years if row["year"] == analysis.year - 1), None)
    tables = (_years(years), _months(analysis), _payers(analysis), *_fees(analysis, now))
    lead = _no_year(analysis) if now is None else _lead(analysis, now, before)
    return Section("overview", word("overview"), lead, tables, _tiles(analysis, now or {}, before or {}))


def _with_shares(row: dict[str, Any]) -> Year:
    mortality, away = share(row["deaths"], row["cases"]), share(row["out_of_area"], row["cases"])
    return {**row, "mortality": mortality, "out_of_area_share": away}


def _no_year(analysis: Analysis) -> tuple[Word, ...]:
    year = analysis.year
    return (Word(f"{year}年没有出院病例。", f"There are no discharges of {year}."),)


# Tiles


def _tiles(analysis: Analysis, now: Year, before: Year) -> tuple[Tile, ...]:
    return (
        _tile("cases", Kind.COUNT, "case_unit", now, _change(now, before, "cases")),
        _tile("hospitals", Kind.COUNT, "hospital_unit", now),
        _tile("fee", Kind.WAN, "wan_yuan", now, _on(now, "fee_cases"), _change(now, before, "fee")),
        _tile("mean_fee", Kind.YUAN, "yuan", now, _on(now, "fee_cases"), _change(now, before, "mean_fee")),
        _tile("mean_los", Kind.DAYS, "day", now, _on(now, "los_cases"), _change(now, before, "mean_los")),
        _tile("mortality", Kind.RATIO, "", now, _of(now.get("deaths"), now.get("cases"))),
        *(_entry(grouping) for grouping in analysis.groupings),
    )


def _tile(name: str, kind: Kind, unit: str, now: Year, *notes: Word | None) -> Tile:
    said = tuple(note for note in notes if note is not None)
    return Tile(word(name), now.get(name), kind, word(unit) if unit else None, said)


def _entry(grouping: Grouping) -> Tile:
    grouped, whole = grouped_cases(grouping), grouping.cases
    name, rate = word(grouping.id), word("entry_rate")
    title = Word(f"{name.zh}{rate.zh}", f"{rate.en}, {name.en}")
    notes = (_of(grouped, whole),) if grouping.notice is None else (_of(grouped, whole), grouping.notice)
    return Tile(title, share(grouped, whole), Kind.RATIO, None, notes)


def grouped_cases(grouping: Grouping) -> int:
    """Cases of a grouping that came into a group."""
    return sum(row["n"] for row in grouping.statuses.to_pylist() if row["status"] == "grouped")


def _on(now: Year, counted: str) -> Word:
    n = count(now.get(counted))
    return Word(f"{n} 例", f"{n} cases")


def _of(part: Number | None, whole: Number | None) -> Word:
    zh, en = f"{count(part)} / {count(whole)} 例", f"{count(part)} of {count(whole)}"
    return Word(zh, en)


def _change(now: Year, before: Year, name: str) -> Word | None:
    """The change on last year in percent; nothing where either year is missing."""
    if now.get(name) is None or not before.get(name):
        return None
    change = share(now[name], before[name])
    assert change is not None
    text = f"{'+' if change > 1 else ''}{percent(change - 1)}"
    return Word(f"较上年 {text}", f"{text} on last year")


# Words


def _lead(analysis: Analysis, now: Year, before: Year | None) -> tuple[Word, ...]:
    sentences = (_size(now), _compared(now, before), _ends(now), _payer_words(analysis), _fee_words(analysis))
    return tuple(sentence for sentence in sentences if sentence is not None)


def _size(now: Year) -> Word:
    year, hospitals, cases = now["year"], count(now["hospitals"]), count(now["cases"])
    fee, mean, stay = wan(now["fee"]), yuan(now["mean_fee"]), days(now["mean_los"])
    return Word(
        f"{year}年，{hospitals} 家医院出院病例 {cases} 例，总费用 {fee} 万元，"
        f"次均费用 {mean} 元，平均住院日 {stay} 天。",
        f"In {year}, {hospitals} hospitals discharged {cases} cases for {fee} (×10,000 CNY) in all: a mean fee"
        f" of {mean} CNY and a mean stay of {stay} days.",
    )


def _compared(now: Year, before: Year | None) -> Word | None:
    if before is None:
        return None
    moves = (
        _moved(now, before, "cases", "出院病例", "discharges"),
        _moved(now, before, "mean_fee", "次均费用", "the mean fee"),
        _moved(now, before, "mean_los", "平均住院日", "the mean stay"),
    )
    said = [each for each in moves if each is not None]
    zh, en = "，".join(each.zh for each in said), ", ".join(each.en for each in said)
    return Word(f"与{before['year']}年相比：{zh}。", f"Compared with {before['year']}: {en}.") if said else None


def _moved(now: Year, before: Year, name: str, zh: str, en: str) -> Word | None:
    change = None if now[name] is None else share(now[name], before[name])
    if change is None:
        return None
    if change == 1:
        return Word(f"{zh}持平", f"{en} unchanged")
    size = percent(abs(change - 1))
    return Word(f"{zh}{'上升' if change > 1 else '下降'} {size}", f"{en} {'up' if change > 1 else 'down'} {size}")


def _ends(now: Year) -> Word | None:
    """Deaths and patients from elsewhere, each only where the source says how many."""
    said = [each for each in (_died(now), _came(now)) if each is not None]
    if not said:
        return None
    zh, en, cases = "，".join(each.zh for each in said), " and ".join(each.en for each in said), count(now["cases"])
    return Word(f"{zh}；分母为出院病例 {cases} 例。", f"Of {cases} discharges {en}.")


def _died(now: Year) -> Word | None:
    if now["deaths"] is None:
        return None
    deaths, rate = count(now["deaths"]), percent(now["mortality"])
    return Word(f"死亡 {deaths} 例（占 {rate}）", f"{deaths} died ({rate})")


def _came(now: Year) -> Word | None:
    if now["out_of_area"] is None:
        return None
    away, part = count(now["out_of_area"]), percent(now["out_of_area_share"])
    return Word(f"异地就医 {away} 例（占 {part}）", f"{away} came from out of area ({part})")


def _payer_words(analysis: Analysis) -> Word | None:
    rows = [row for row in _by_size(analysis.payers.to_pylist(), "cases", "payer") if row["payer"] is not None]
    if not rows:
        return None
    whole, first = total(analysis.payers.to_pylist(), "cases"), rows[0]
    name, part = _payer(first), percent(share(first["cases"], whole))
    return Word(
        f"参保类型以{name.zh}为主：{count(first['cases'])} 例，占 {part}。",
        f"The commonest payer is {name.en}: {count(first['cases'])} cases, {part}.",
    )


def _fee_words(analysis: Analysis) -> Word | None:
    families = [rows for _, rows in _families(analysis)]
    if not families or total(families[0], "amount") in (None, 0):
        return None
    first, *rest = families[0]
    names = [_item(row) for row in (first, *rest[:2])]
    shares = [percent(row["share_total_fee"]) for row in families[0][:3]]
    zh = "、".join(f"{name.zh} {part}" for name, part in zip(names, shares, strict=True))
    en = ", ".join(f"{name.en} {part}" for name, part in zip(names, shares, strict=True))
    return Word(f"费用占比最高的类别：{zh}（占总费用）。", f"The largest categories of fees: {en} (of all fees).")


# Tables


def _years(years: Sequence[Year]) -> Table:
    columns, notes = merged(_YEAR_COLUMNS, years)
    chart = Chart(Drawing.TREND, word("year_trend"), ("year",), ("cases", "mean_fee"))
    return _table("years", "year_trend", columns, years, "no_years", notes, chart)


def _months(analysis: Analysis) -> Table:
    rows = analysis.months.sort_by("month").to_pylist()
    columns = (column("month"), column("cases", Kind.COUNT), column("fee", Kind.YUAN))
    chart = Chart(Drawing.TREND, word("month_trend"), ("month",), ("cases", "fee"))
    return _table("months", "month_trend", columns, rows, "no_months", (), chart)


def _payers(analysis: Analysis) -> Table:
    given = _by_size(analysis.payers.to_pylist(), "cases", "payer")
    if all(row["payer"] is None for row in given):
        given = []
    cases, fee = total(given, "cases"), total(given, "fee")
    rows = [
        {**row, "payer": _payer(row), "share_cases": share(row["cases"], cases), "share_fee": share(row["fee"], fee)}
        for row in given
    ]
    columns = (
        column("payer"),
        column("cases", Kind.COUNT),
        column("share_cases", Kind.RATIO),
        column("fee", Kind.YUAN),
        column("share_fee", Kind.RATIO),
    )
    chart = Chart(Drawing.DONUT, word("by_payer"), ("payer",), ("cases",))
    return _table("payers", "by_payer", columns, rows, "no_payers", (), chart)


def _payer(row: Year) -> Word:
    return term(row["payer"]) or word("not_stated")


_FAMILIES: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    ("fees", "fees_list", lambda item: item.startswith("fee_")),
    ("fees-front", "fees_front", lambda item: item.startswith("fp_")),
    ("fees-other", "fees_other", lambda item: not item.startswith(("fee_", "fp_"))),
)


def _families(analysis: Analysis) -> list[tuple[tuple[str, str], list[Year]]]:
    """The items of each way of splitting a fee that has any: two ways do not map one to one and must not be mixed."""
    whole = next((row["fee"] for row in analysis.years.to_pylist() if row["year"] == analysis.year), None)
    rows = [{**row, "share_total_fee": share(row["amount"], whole)} for row in analysis.fees.to_pylist()]
    known = [row for row in _by_size(rows, "amount", "item") if row["amount"] is not None]
    families = [((id_, title), [row for row in known if holds(row["item"])]) for id_, title, holds in _FAMILIES]
    return [(names, members) for names, members in families if members]


def _fees(analysis: Analysis, now: Year | None) -> tuple[Table, ...]:
    families = _families(analysis)
    if not families:
        return (_table("fees", "fee_structure", _FEE_COLUMNS, [], "no_fees", ()),)
    note = Word(
        f"占比分母为{analysis.year}年总费用 {yuan((now or {}).get('fee'))} 元。",
        f"Shares are of all fees of {analysis.year}: {yuan((now or {}).get('fee'))} CNY.",
    )
    return tuple(_fee_table(*names, rows, note) for names, rows in families)


_FEE_COLUMNS = (column("fee_item"), column("amount", Kind.YUAN), column("share_total_fee", Kind.RATIO))


def _fee_table(id_: str, title: str, rows: Sequence[Year], note: Word) -> Table:
    notes = (note, word("fees_note")) if any(_is_part(row["item"]) for row in rows) else (note,)
    chart = Chart(Drawing.BARS, word(title), ("fee_item",), ("amount",), top=15)
    return _table(id_, title, _FEE_COLUMNS, [{**row, "fee_item": _item(row)} for row in rows], "no_fees", notes, chart)


def _item(row: Year) -> Word:
    """The name of a fee column as the contract of the cases gives it; 其中 before what is part of another item."""
    names = {each.name: each for each in contract("cases").columns}
    known = names.get(row["item"])
    if known is None:
        return Word(row["item"], row["item"])
    return Word(f"其中：{known.zh}" if _is_part(row["item"]) else known.zh, known.en[:1].upper() + known.en[1:])


def _is_part(item: str) -> bool:
    known = {each.name: each for each in contract("cases").columns}.get(item)
    return known is not None and "part of" in known.en


def _by_size(rows: Sequence[Year], name: str, key: str) -> list[Year]:
    return ordered(rows, name, key, falling=True)


def _table(
    id_: str,
    title: str,
    columns: Sequence[Column],
    rows: Sequence[Year],
    empty: str,
    notes: tuple[Word, ...],
    *charts: Chart,
) -> Table:
    values: tuple[tuple[Value, ...], ...] = tuple(tuple(row[each.id] for each in columns) for row in rows)
    return Table(id_, word(title), tuple(columns), values, word(empty), notes, charts, half=True)
