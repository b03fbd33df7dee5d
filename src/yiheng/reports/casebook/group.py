"""A group's page (病组页): its standard, its spread between hospitals, what it is made of day by day."""

from collections.abc import Iterator

from yiheng.base.words import Word, word
from yiheng.reports.casebook.blocks import Get, category, item_kind, named, table_of, tile
from yiheng.reports.casebook.book import REGION, Book, Row
from yiheng.reports.casebook.paths import group_path, trail, unit_path
from yiheng.reports.figures import Kind, count, percent, share
from yiheng.reports.pages import Page, linked
from yiheng.reports.shape import Chart, Drawing, Section, Table, column

_BARS = 15
_QUARTILES = (
    column("measure"),
    named("least", "least"),
    named("p25", "p25"),
    named("median", "median"),
    named("p75", "p75"),
    named("most", "most"),
    named("cv", "cv", Kind.INDEX),
)
# The fee and stay of one patient.
_ENDS = ("least", "most")
_ITEMS = (
    column("item_code"), column("item_name"), named("kind", "item_kind"), column("using", Kind.COUNT),
    column("use_share", Kind.RATIO), column("quantity_per_using", Kind.INDEX), column("amount_per_using", Kind.YUAN),
    named("fee_share", "share_of_lines", Kind.RATIO), column("share_hospitals", Kind.COUNT),
    column("use_share_least", Kind.RATIO), column("use_share_median", Kind.RATIO), column("use_share_most", Kind.RATIO),
    named("rule", "standard_rule"),
)  # fmt: skip
# How hospitals differ in an item, where one has enough cases to be looked at.
_SPREAD = ("share_hospitals", "use_share_least", "use_share_median", "use_share_most")
_DAYS = (
    named("day", "day_no", Kind.PLAIN), named("present", "day_cases", Kind.COUNT),
    named("amount_per_present", "day_amount", Kind.YUAN), named("items", "path_items"),
)  # fmt: skip


def group_page(book: Book, code: str, row: Row) -> Page:
    """The page of one group; `row` are its figures in the region."""
    name = book.names.group(code)
    sections = (_itself(book, code, row), _spread(book, code), *_items(book, code))
    return Page(
        group_path(book, code),
        Word(f"{code} {name.zh}", f"{code} {name.en}"),
        book.year,
        book.made_up,
        tuple(sections),
        trail(book),
    )


# What it takes in the region


def _itself(book: Book, code: str, row: Row) -> Section:
    tiles = (
        tile("cases", row["n"], Kind.COUNT, ("fee_cases", row["fee_cases"])),
        tile("mean_fee", row["mean_fee"], Kind.YUAN, ("fee_cases", row["fee_cases"])),
        tile("fee_median", row["fee_median"], Kind.YUAN, ("fee_cases", row["fee_cases"])),
        tile("mean_los", row["mean_los"], Kind.DAYS, ("los_cases", row["los_cases"])),
        tile("drug_share", row["drug_share"], Kind.RATIO, ("drug_cases", row["drug_cases"])),
        tile("material_share", row["material_share"], Kind.RATIO, ("material_cases", row["material_cases"])),
        tile(
            "mortality", row["death_rate"], Kind.RATIO, ("deaths", row["deaths"]), ("death_cases", row["death_cases"]),
        ),
        tile(
            "return_rate", row["return_rate_any"], Kind.RATIO,
            ("returned", row["returned_any"]), ("return_cases", row["return_cases"]),
        ),
    )  # fmt: skip
    return Section("standard", word("standard_of_group"), (), (_quartiles(book, row), _structure(book, code)), tiles)


def _quartiles(book: Book, row: Row) -> Table:
    """Fee and stay: the discrete quartiles, each of which some case has; the ends only for those who see every case."""
    rows = [
        {"measure": word(f"quartiles_{name}")} | {each: row[f"{name}_{each}"] for each in
         ("least", "p25", "median", "p75", "most", "cv")}
        for name in ("fee", "los")
    ]  # fmt: skip
    written = {
        name: (lambda each, name=name: None if each[name] is None else f"{each[name]:,}")
        for name in ("least", "p25", "median", "p75", "most")
    }
    columns = [each for each in _QUARTILES if book.viewer is None or each.id not in _ENDS]
    return table_of("quartiles", columns, rows, "no_groups", notes=("quartile_note",), words=written, half=True)


def _structure(book: Book, code: str) -> Table:
    """The mean fee by category; a case without a category has none of it."""
    rows = [
        {
            "fee_item": category(each["category"]),
            "cases": each["cases"],
            "amount": each["amount"],
            "share": each["share"],
        }
        for each in book.region.structure[REGION, code]
        if each["cases"] and each["category"].startswith("fee_")
    ]
    columns = (
        column("fee_item"), named("cases", "n", Kind.COUNT), column("amount", Kind.YUAN),
        named("share", "share_fee", Kind.RATIO),
    )  # fmt: skip
    chart = Chart(Drawing.DONUT, word("fee_structure"), ("fee_item",), ("amount",))
    return table_of("structure", columns, rows, "no_fees", title="fee_structure", charts=(chart,), half=True)


# How hospitals differ


def _spread(book: Book, code: str) -> Section:
    table = _by_hospital(book, code)
    return Section("hospitals", word("spread_of_group"), tuple(_spread_lead(book, code)), (table,))


def _by_hospital(book: Book, code: str) -> Table:
    region = book.region.rows[REGION, code]
    rows = list(book.seen.get(code, ()))
    columns = (
        named("hospital", "code_of_hospital"), column("hospital_name"), column("n", Kind.COUNT),
        column("mean_fee", Kind.YUAN), named("cost_index", "cost_index", Kind.INDEX), column("mean_los", Kind.DAYS),
        named("time_index", "time_index", Kind.INDEX),
    )  # fmt: skip
    words = {
        "hospital_name": lambda row: book.names.hospital(row["hospital"]),
        "cost_index": lambda row: share(row["mean_fee"], region["mean_fee"]),
        "time_index": lambda row: share(row["mean_los"], region["mean_los"]),
    }
    chart = Chart(Drawing.BARS, word("mean_by_hospital"), ("hospital_name",), ("mean_fee",), top=_BARS)
    table = table_of(
        "by-hospital", columns, rows, "no_hospitals_of_group", title="spread_of_group", notes=("few_hidden",),
        charts=(chart,), words=words,
    )  # fmt: skip
    pages = {each: unit_path(book, (each,)) for each in book.shown_hospitals}
    return linked(table, "hospital_name", "hospital", pages, group_path(book, code))


def _spread_lead(book: Book, code: str) -> Iterator[Word]:
    rows = [row for row in book.seen.get(code, ()) if row["mean_fee"]]
    if len(rows) < 2:
        return
    low, high = min(rows, key=lambda row: row["mean_fee"]), max(rows, key=lambda row: row["mean_fee"])
    names = book.names.hospital(high["hospital"]), book.names.hospital(low["hospital"])
    times = f"{high['mean_fee'] / low['mean_fee']:.2f}"
    yield Word(
        f"可比的 {len(rows)} 家医院中，次均费用最高的{names[0].zh}是最低的{names[1].zh}的 {times} 倍。",
        f"Of {len(rows)} hospitals compared, {names[0].en} is the dearest, {times} times {names[1].en}.",
    )


# What it is made of


def _items(book: Book, code: str) -> Iterator[Section]:
    if book.items is None:
        return
    rows = book.items.standards.get(code, ())
    words: dict[str, Get] = {
        "kind": lambda row: item_kind(row["kind"]),
        "rule": lambda row: word(f"rule_{row['rule'].replace('|', '_')}"),
    }
    spread = any(row["share_hospitals"] for row in rows)
    columns = [each for each in _ITEMS if spread or each.id not in _SPREAD]
    table = table_of("standard-items", columns, rows, "no_standard_items", notes=("items_note",), words=words)
    chart = Chart(Drawing.CONTROL, word("day_amount"), ("day",), ("amount_per_present",))
    days = [row for row in book.items.days.get(code, ()) if row["present"] >= book.pair_cases]
    path = table_of("days", _DAYS, days, "no_days", title="day_profile", notes=("days_note",), charts=(chart,))
    yield Section("items", word("items_of_group"), tuple(_items_lead(rows)), (table, path))


def _items_lead(rows: tuple[Row, ...]) -> Iterator[Word]:
    if not rows:
        return
    part = percent(share(sum(row["amount"] for row in rows), rows[0]["group_amount"]))
    cases, items = count(rows[0]["cases"]), count(len(rows))
    yield Word(
        f"有收费明细的病例 {cases} 例，标准项目 {items} 个，占明细费用 {part}。",
        f"{cases} cases have charge lines; {items} items are standard and make {part} of the amount.",
    )
