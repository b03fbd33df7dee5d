"""The page of a hospital or a department (医院、科室页): where it stands, where days and fees are lost, and of what.

It answers three questions in this order: which changes matter most, where days are lost, why a group is dear here.
"""

from collections.abc import Callable, Iterator, Sequence

from yiheng.base.words import Word, glossary, word
from yiheng.norms.peers.control import SEPARATOR
from yiheng.norms.peers.peers import Unit
from yiheng.reports.casebook.blocks import category, days_span, item_kind, named, table_of, tile, yuan_span
from yiheng.reports.casebook.book import REGION, Book, Compared, Row
from yiheng.reports.casebook.changes import changes
from yiheng.reports.casebook.paths import group_path, trail, unit_path
from yiheng.reports.figures import Kind, Number, count, days, share, yuan
from yiheng.reports.naming import term
from yiheng.reports.pages import Page, linked
from yiheng.reports.shape import Chart, Drawing, Section, Table, column, listed, same

_BARS = 10
# Groups that are taken apart into categories and items: those with the largest saving of fees.
_TAKEN_APART = 10
_DEPTS = (
    named("dept", "dept_code"), column("dept_name"), column("n", Kind.COUNT), column("cmi", Kind.INDEX),
    column("mean_cost", Kind.YUAN), column("cost_index", Kind.INDEX), column("mean_los", Kind.DAYS),
    column("time_index", Kind.INDEX), column("drug_share", Kind.RATIO), column("material_share", Kind.RATIO),
)  # fmt: skip


def unit_page(book: Book, unit: Unit) -> Page:
    """The page of one hospital, or of one department of it."""
    sections = [_standing(book, unit), *_against_peers(book, unit)]
    if len(unit) == 1:
        sections += [_trends(book, unit[0]), _depts(book, unit[0])]
    above = [] if len(unit) == 1 else [unit[:1]]
    title = book.names.unit(unit)
    if above:
        hospital = book.names.unit(above[0])
        title = Word(f"{hospital.zh} {title.zh}", f"{hospital.en}: {title.en}")
    return Page(unit_path(book, unit), title, book.year, book.made_up, tuple(sections), trail(book, *above))


def _standing(book: Book, unit: Unit) -> Section:
    row = book.figures[unit]
    tiles = (
        tile("cases", row["n"], Kind.COUNT, ("grouped_cases", row["grouped"])),
        tile("cmi", row["cmi"], Kind.INDEX, ("weight_cases", row["weight_cases"])),
        tile("cost_index", row["cost_index"], Kind.INDEX, ("cost_cases", row["cost_cases"])),
        tile("time_index", row["time_index"], Kind.INDEX, ("time_cases", row["time_cases"])),
        tile(
            "high_weight_share", row["high_weight_share"], Kind.RATIO,
            ("high_weight_cases", row["high_weight_cases"]), ("weight_cases", row["weight_cases"]),
        ),
        tile(
            "low_risk_death_rate", row["low_risk_death_rate"], Kind.RATIO,
            ("deaths", row["low_risk_deaths"]), ("low_risk_cases", row["low_risk_cases"]),
        ),
        tile("drug_share", row["drug_share"], Kind.RATIO, ("drug_cases", row["drug_cases"])),
        tile("material_share", row["material_share"], Kind.RATIO, ("material_cases", row["material_cases"])),
        tile(
            "return_rate", row["return_rate_any"], Kind.RATIO,
            ("returned", row["returned_any"]), ("return_cases", row["return_cases"]),
        ),
    )  # fmt: skip
    return Section("standing", word("standing"), (), (), tiles)


# Against its peers


def _against_peers(book: Book, unit: Unit) -> Iterator[Section]:
    found = book.compared.get(unit)
    if found is None:
        yield Section("changes", word("changes"), (word("no_peers"),))
        return
    yield Section("changes", word("changes"), tuple(changes(book, unit, found)), (_totals(found),))
    who = _who(book, found)
    yield Section("days", word("lost_days"), (who,), (_savings(book, unit, found, "los"),))
    yield Section("fees", word("lost_fees"), (who,), (_savings(book, unit, found, "fee"),))
    if len(unit) == 1:
        yield Section("reasons", word("why_dear"), (), tuple(_reasons(book, unit[0], found)))


def _who(book: Book, found: Compared) -> Word:
    names = listed([_name(book, peer) for peer in found.peers.units], most=len(found.peers.units))
    alike = [Word(f"{_term(name).zh} {value}", f"{_term(name).en} {value}") for name, value in found.peers.alike]
    same = listed(alike, most=len(alike))
    how = Word(f"（{same.zh} 相同）" if alike else "", f" (same {same.en})" if alike else "")
    return Word(f"同类单位 {len(found.peers.units)} 家{how.zh}：{names.zh}。", f"Peers{how.en}: {names.en}.")


def _name(book: Book, unit: Unit) -> Word:
    if len(unit) == 1:
        return book.names.hospital(unit[0])
    hospital, dept = book.names.hospital(unit[0]), book.names.unit(unit)
    return Word(f"{hospital.zh}{dept.zh}", f"{hospital.en} {dept.en}")


def _term(name: str) -> Word:
    return term(name) or word("none")


def _totals(found: Compared) -> Table:
    """What all groups together could save, in fees and in days."""
    columns = (
        column("measure"), named("cases", "compared_cases", Kind.COUNT), column("saving"), column("interval"),
        column("below_median"),
    )  # fmt: skip
    its = found.total
    rows = [
        {"measure": word("saving_fee"), "cases": its["fee_cases"], "saving": _written(its["fee_saving"], yuan),
         "interval": yuan_span("fee")(its), "below_median": _written(its["fee_below"], yuan)},
        {"measure": word("saving_days"), "cases": its["los_cases"], "saving": _written(its["los_saving"], days),
         "interval": days_span("los")(its), "below_median": _written(its["los_below"], days)},
    ]  # fmt: skip
    return table_of("totals", columns, rows, "no_groups", title="saving_total", notes=("saving_note",))


def _written(value: Number | None, write: Callable[[Number], str]) -> str | None:
    """A number in words of its own unit, as one column holds fees and days; None stays a gap."""
    return None if value is None else write(value)


def _savings(book: Book, unit: Unit, found: Compared, measure: str) -> Table:
    """The groups above the median of their peers, the largest saving first."""
    kind = Kind.YUAN if measure == "fee" else Kind.DAYS
    rows = above(found, measure)
    columns = (
        column("group"), column("group_name"), named(f"{measure}_cases", "n", Kind.COUNT),
        named(f"{measure}_mean", "own_mean", kind), named(f"{measure}_peer_mean", "peer_median", kind),
        column("median_peer"), named(f"{measure}_peers", "peers_compared", Kind.COUNT),
        named(f"{measure}_saving", f"saving_{'fee' if measure == 'fee' else 'days'}", kind), column("interval"),
    )  # fmt: skip
    words = {
        "group_name": lambda row: book.names.group(row["group"]),
        "median_peer": lambda row: _name(book, tuple(row[f"{measure}_median_peer"].split(" "))),
        "interval": yuan_span(measure) if measure == "fee" else days_span(measure),
    }
    chart = Chart(Drawing.BARS, word("savings_by_group"), ("group", "group_name"), (f"{measure}_saving",), top=_BARS)
    table = table_of(
        f"savings-{measure}", columns, rows, "no_savings", title="savings_by_group", notes=("saving_note",),
        charts=(chart,), words=words,
    )  # fmt: skip
    return linked(table, "group", "group", _group_pages(book), unit_path(book, unit))


def above(found: Compared, measure: str) -> list[Row]:
    """The groups with a saving, the largest first, ties by code."""
    rows = [row for row in found.groups if row[f"{measure}_saving"]]
    return sorted(rows, key=lambda row: (-row[f"{measure}_saving"], row["group"]))


def _group_pages(book: Book) -> dict[str, str]:
    return {code: group_path(book, code) for code in book.groups}


# Why a group is dear here


def _reasons(book: Book, hospital: str, found: Compared) -> Iterator[Table]:
    dear = [row["group"] for row in above(found, "fee")[:_TAKEN_APART]]
    yield _categories(book, hospital, dear)
    if book.items is not None:
        yield _drivers(book, hospital, dear)


def _categories(book: Book, hospital: str, dear: Sequence[str]) -> Table:
    """By category what a case costs here and in the region, where it is more here.

    Of a group whose figures in the region are hidden from the reader there is none.
    """
    rows = [row for code in dear for row in _of_categories(book, hospital, code)]
    columns = (
        column("group"), column("group_name"), column("fee_item"), named("n", "n", Kind.COUNT),
        column("own_per_case", Kind.YUAN), column("region_per_case", Kind.YUAN), column("more_per_case", Kind.YUAN),
        column("more_in_all", Kind.YUAN),
    )  # fmt: skip
    table = table_of("reasons-fee", columns, rows, "no_reasons", title="reasons_fee", notes=("reasons_fee_note",))
    return linked(table, "group", "group", _group_pages(book), unit_path(book, (hospital,)))


def _of_categories(book: Book, hospital: str, code: str) -> list[Row]:
    all_ = book.region.rows.get((REGION, code))
    if all_ is None:
        return []
    here = book.hospitals.rows[hospital, code]
    region = {row["category"]: row["amount"] for row in book.region.structure[REGION, code]}
    rows = []
    for row in book.hospitals.structure[hospital, code]:
        own, theirs = share(row["amount"], here["fee_cases"]), share(region[row["category"]], all_["fee_cases"])
        if not row["category"].startswith("fee_") or own is None or theirs is None or own <= theirs:
            continue
        rows.append({
            "group": code, "group_name": book.names.group(code), "fee_item": category(row["category"]),
            "n": here["fee_cases"], "own_per_case": own, "region_per_case": theirs, "more_per_case": own - theirs,
            "more_in_all": (own - theirs) * here["fee_cases"],
        })  # fmt: skip
    return sorted(rows, key=lambda row: -row["more_in_all"])


def _drivers(book: Book, hospital: str, dear: Sequence[str]) -> Table:
    """The items that make a group dear here: more cases use them, or more of them is used."""
    assert book.items is not None
    rows = [row for code in dear for row in book.items.drivers.get((hospital, code), ())]
    columns = (
        column("group"), column("group_name"), column("item_name"), named("kind", "item_kind"),
        named("cases", "cases_with_lines", Kind.COUNT), column("use_share", Kind.RATIO),
        named("others_use_share", "use_share_elsewhere", Kind.RATIO),
        named("amount_per_case", "own_per_case", Kind.YUAN),
        named("others_amount_per_case", "per_case_elsewhere", Kind.YUAN), named("extra", "more_in_all", Kind.YUAN),
    )  # fmt: skip
    words = {
        "group_name": lambda row: book.names.group(row["group"]),
        "item_name": lambda row: row["item_name"] or row["item_code"],
        "kind": lambda row: item_kind(row["kind"]),
    }
    table = table_of(
        "reasons-items", columns, rows, "no_reasons", title="reasons_items", notes=("reasons_items_note",), words=words
    )
    return linked(table, "group", "group", _group_pages(book), unit_path(book, (hospital,)))


# Months and departments


def _trends(book: Book, hospital: str) -> Section:
    return Section(
        "trends", word("trends"), (), tuple(_trend(book, hospital, name) for name in ("mean_fee", "mean_los"))
    )


def _trend(book: Book, hospital: str, figure: str) -> Table:
    rows = book.trends.get((hospital, figure), ())
    kind = Kind.YUAN if figure == "mean_fee" else Kind.DAYS
    columns = (
        column("month"),
        column("n", Kind.COUNT),
        named("value", figure, kind),
        *(column(name, kind) for name in ("centre", "lower", "upper")),
        column("signals"),
    )
    words = {"signals": lambda row: _signals(row["signals"])}
    chart = Chart(Drawing.CONTROL, word(f"trend_{figure}"), ("month",), ("value", "centre", "lower", "upper"))
    return table_of(
        f"trend-{figure}", columns, rows, "no_months", notes=("trend_note",), charts=(chart,), words=words, half=True
    )


def _signals(ids: str | None) -> Word | None:
    if ids is None:
        return None
    found = [_signal(name) for name in ids.split(SEPARATOR) if name]
    return listed(found, most=len(found)) if found else word("none")


def _signal(name: str) -> Word:
    """A rule of charts by its name; one that a place has added is called by its id."""
    return glossary().get(f"signal_{name}") or same(name)


def _depts(book: Book, hospital: str) -> Section:
    units = book.depts(hospital)
    shown = [book.figures[unit] for unit in units if book.figures[unit]["n"] >= book.pair_cases]
    words = {"dept_name": lambda row: book.names.unit((hospital, row["dept"]))}
    table = table_of("depts", _DEPTS, shown, "no_depts", title="depts_of_hospital", notes=("index_note",), words=words)
    pages = {unit[1]: unit_path(book, unit) for unit in units}
    left = len(units) - len(shown)
    lead = Word(
        f"列出病例不少于 {book.pair_cases} 例的科室 {len(shown)} 个；另有 {count(left)} 个科室病例较少，未列。",
        f"{len(shown)} departments with at least {book.pair_cases} cases; {count(left)} with fewer are not listed.",
    )
    return Section(
        "depts",
        word("depts_of_hospital"),
        (lead,),
        (linked(table, "dept_name", "dept", pages, unit_path(book, (hospital,))),),
    )
