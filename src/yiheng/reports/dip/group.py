"""A group's page (病种页): what makes it, its points and parts, its cases by hospital and year, levels and flags."""

from collections.abc import Iterator

from yiheng.base.words import Word, word
from yiheng.dip.supervision.flags import KINDS
from yiheng.reports.dip.facts import INDEX, DipFacts, Row, flag_word, group_page, kind_word, known
from yiheng.reports.figures import Kind, Value, share
from yiheng.reports.figures import shown as figure
from yiheng.reports.pages import Page, linked
from yiheng.reports.shape import Chart, Column, Drawing, Section, Table, Tile, column, same

_JOINED = str.maketrans({"+": "|", "/": "|"})


def group_page_of(facts: DipFacts, group: str) -> Page:
    """dip/group-<code>.html."""
    analysis, row = facts.analysis, facts.groups[group]
    sections = (_made(facts, row), _hospitals(facts, row), _levels(facts, row))
    trail = ((analysis.title, "report.html"), (word("dip_catalogue"), INDEX))
    name = facts.group_name(group)
    return Page(
        group_page(group),
        Word(f"{group} {name.zh}", f"{group} {name.en}"),
        analysis.year,
        analysis.made_up,
        sections,
        trail,
    )


def _made(facts: DipFacts, row: Row) -> Section:
    rows = tuple((title, value) for title, value in _facts(facts, row) if value is not None)
    about = Table("made", word("how_made"), (column("fact"), column("fact_value")), rows, word("no_groups"), half=True)
    return Section("made", word("group_itself"), (), (about, _parts(row)), tuple(_tiles(row)))


def _tiles(row: Row) -> Iterator[Tile]:
    yield Tile(
        word("points"),
        row["points"],
        Kind.POINTS,
        None,
        (Word(f"RW {figure(row['rw'], Kind.WEIGHT)}", f"RW {figure(row['rw'], Kind.WEIGHT)}"),),
    )
    yield Tile(
        word("cases"),
        row["n"],
        Kind.COUNT,
        None,
        (Word(f"计入均值 {row['fee_cases']:,}", f"{row['fee_cases']:,} in the means"),),
    )
    least, most = (figure(row[name], Kind.YUAN) for name in ("least", "most"))
    yield Tile(
        word("mean_cost"), row["mean_cost"], Kind.YUAN, word("yuan"), (Word(f"{least} – {most}", f"{least} – {most}"),)
    )
    yield Tile(word("cv"), row["cv"], Kind.INDEX, None, (word("cv_short"),))
    yield Tile(
        word("mean_los"),
        row["mean_los"],
        Kind.DAYS,
        word("day"),
        (Word(f"{row['los_cases']:,} 例", f"{row['los_cases']:,} cases"),),
    )


def _facts(facts: DipFacts, row: Row) -> Iterator[tuple[Word, Value]]:
    """Why the group is what it is: its codes, kind, levels above, related share, trimming."""
    yield word("kind"), kind_word(row["kind"])
    yield word("treatment"), known("class_", row["treatment"])
    if row["dx"]:
        yield word("principal_dx"), _named(facts, "dx", row["dx"])
    if row["wide"]:
        yield word("pooled_dx"), _named(facts, "dx", row["wide"])
    if row["proc"]:
        yield word("operations"), _named(facts, "proc", row["proc"])
    yield word("second_level"), row["second"]
    yield word("first_level"), row["first"]
    if row["related_share"] is not None:
        yield word("related_share"), same(figure(row["related_share"], Kind.RATIO))
    cut = row["n"] - row["fee_cases"]
    yield word("trimmed"), Word(f"{cut:,} 例", f"{cut:,} cases")
    price = facts.prices.get(row["group"])
    if price is not None:
        why = known("why_", price["why"].replace(" ", "_")) if price["why"] else None
        yes = word("yes" if price["same_price"] else "no")
        yield word("same_price"), yes if why is None else Word(f"{yes.zh}（{why.zh}）", f"{yes.en} ({why.en})")
    if (risk := facts.risks.get(row["group"])) is not None:
        its = word(f"risk_{risk['risk']}")
        yield (
            word("risk_class"),
            Word(
                f"{its.zh}（死亡 {risk['deaths']:,} / {risk['cases']:,} 例）",
                f"{its.en} ({risk['deaths']:,} deaths of {risk['cases']:,})",
            ),
        )
    if met := {flag: n for flag, n in facts.flags_of_group.get(row["group"], {}).items() if n}:
        listed = [(flag_word(flag), met[flag]) for flag in KINDS if flag in met]
        yield (
            word("supervision"),
            Word(
                "、".join(f"{name.zh} {n:,} 例" for name, n in listed),
                ", ".join(f"{name.en} {n:,}" for name, n in listed),
            ),
        )


def _named(facts: DipFacts, kind: str, codes: str) -> Word:
    """Codes with their names: I21.9 急性心肌梗死 + 36.06 支架."""
    names = [(code, facts.code_name(kind, code.removesuffix("*"))) for code in codes.translate(_JOINED).split("|")]
    zh = " + ".join(code if name.zh == code else f"{code} {name.zh}" for code, name in names)
    return Word(zh, " + ".join(code if name.en == code else f"{code} {name.en}" for code, name in names))


def _parts(row: Row) -> Table:
    """The drug and the material part of the mean, each with its own weight against the region's."""
    columns = (
        column("part_of_fee"),
        column("n", Kind.COUNT),
        column("mean_cost", Kind.YUAN),
        column("share_fee", Kind.RATIO),
        column("part_weight", Kind.WEIGHT),
    )
    rows: tuple[tuple[Value, ...], ...] = tuple(
        (
            word(name),
            row[f"{name}_cases"],
            row[f"mean_{name}"],
            share(row[f"mean_{name}"], row["mean_cost"]),
            row[weight],
        )
        for name, weight in (("drug", "drw"), ("material", "crw"))
        if row[f"{name}_cases"]
    )
    rows += _rest(row)
    chart = Chart(Drawing.DONUT, word("parts_of_fee"), ("part_of_fee",), ("mean_cost",))
    return Table(
        "parts",
        word("parts_of_fee"),
        columns,
        rows,
        word("no_parts"),
        (word("parts_note"),),
        (chart,) if rows else (),
        half=True,
    )


def _rest(row: Row) -> tuple[tuple[Value, ...], ...]:
    """What is neither drug nor material, where every case says both."""
    if not row["drug_cases"] == row["material_cases"] == row["fee_cases"]:
        return ()
    rest = max(row["mean_cost"] - row["mean_drug"] - row["mean_material"], 0.0)
    return ((word("rest_of_fee"), row["fee_cases"], rest, share(rest, row["mean_cost"]), None),)


def _hospitals(facts: DipFacts, row: Row) -> Section:
    table = _by_hospital(facts, row)
    return Section("hospitals", word("by_hospital_year"), (), (table, _by_year(facts, row)))


def _by_hospital(facts: DipFacts, row: Row) -> Table:
    group, pairs = row["group"], facts.pairs_of_group.get(row["group"], [])
    columns = (
        column("code_of_hospital"),
        column("hospital"),
        column("n", Kind.COUNT),
        column("mean_cost", Kind.YUAN),
        column("against_catalogue", Kind.INDEX),
        column("group_points", Kind.POINTS),
        column("case_points", Kind.POINTS),
        column("fee_points", Kind.POINTS),
        column("points_difference", Kind.POINTS),
    )
    rows = []
    for pair in sorted(pairs, key=lambda each: (-each["n"], each["hospital"])):
        mean = pair["fee"] / 100 / pair["n"]
        worth = facts.worth(pair["fee"])
        rows.append(
            (
                pair["hospital"],
                facts.hospital_name(pair["hospital"]),
                pair["n"],
                mean,
                mean / row["mean_cost"] if row["mean_cost"] else None,
                pair["group_points"],
                pair["case_points"],
                worth,
                facts.difference(pair),
            )
        )
    chart = Chart(Drawing.BARS, word("mean_by_hospital"), ("hospital",), ("mean_cost",))
    title = Word(f"{facts.analysis.year} 年各医院", f"Hospitals {facts.analysis.year}")
    table = Table(
        "by-hospital",
        title,
        columns,
        tuple(rows),
        word("no_cases_of_year"),
        (word("fee_points_note"),),
        (chart,) if rows else (),
    )
    return linked(table, "hospital", "code_of_hospital", facts.hospital_pages, group_page(group))


def _by_year(facts: DipFacts, row: Row) -> Table:
    """Cases and mean fee of every hospital in every year of the catalogue."""
    years = sorted(facts.results.catalogue.years)
    found: dict[str, dict[int, Row]] = {}
    for each in facts.years_of_group.get(row["group"], []):
        found.setdefault(each["hospital"], {})[each["year"]] = each
    columns = [column("code_of_hospital"), column("hospital")]
    for year in years:
        for name, kind in (("n", Kind.COUNT), ("mean_cost", Kind.YUAN), ("mean_los", Kind.DAYS)):
            one = column(name, kind)
            title = Word(f"{year} {one.title.zh}", f"{year} {one.title.en}")
            columns.append(Column(f"{name}_{year}", title, kind, one.unit))
    rows = []
    for code, its in sorted(found.items(), key=lambda each: (-sum(row["n"] for row in each[1].values()), each[0])):
        cells: list[Value] = []
        for year in years:
            cells += _cells(its.get(year))
        rows.append((code, facts.hospital_name(code), *cells))
    return Table("by-year", word("by_hospital_year"), tuple(columns), tuple(rows), word("no_cases_of_year"))


def _cells(row: Row | None) -> tuple[Value, Value, Value]:
    if row is None:
        return 0, None, None
    return row["n"], share(share(row["fee"], 100), row["fee_cases"]), share(row["los"], row["los_cases"])


def _levels(facts: DipFacts, row: Row) -> Section:
    columns = (
        column("level_kind"),
        column("auxiliary_level"),
        column("n", Kind.COUNT),
        column("mean_cost", Kind.YUAN),
        column("coefficient", Kind.WEIGHT),
        column("cv_before", Kind.INDEX),
        column("cv_after", Kind.INDEX),
        column("level_state"),
    )
    rows = tuple(
        (
            word(f"aux_{each['kind']}"),
            known("aux_", each["level"]),
            each["n"],
            each["mean_cost"],
            each["coefficient"],
            each["cv_before"],
            each["cv_after"],
            word("level_opened") if each["opened"] else known("why_", each["why"].replace(" ", "_")),
        )
        for each in facts.levels_of_group.get(row["group"], [])
    )
    return Section(
        "levels",
        word("auxiliary"),
        (),
        (Table("levels", word("levels_of_group"), columns, rows, word("no_levels"), (word("level_note"),)),),
    )
