"""The catalogue at a glance (DIP 目录总览): how it holds, all groups, hospitals, levels and flags."""

from collections.abc import Iterator

from yiheng.base.words import Word, word
from yiheng.dip.supervision.flags import KINDS
from yiheng.reports.dip.facts import INDEX, DipFacts, Row, flag_word, kind_word, known
from yiheng.reports.figures import Kind, Value, count, exact, share
from yiheng.reports.figures import shown as figure
from yiheng.reports.origins import origin, shown_value
from yiheng.reports.pages import Page, linked
from yiheng.reports.shape import Chart, Drawing, Section, Table, Tile, column, same

# Where the bars of the spread of CV begin; how a picture is drawn, not what is allowed.
_EDGES = (0.0, 0.3, 0.5, 0.7, 1.0, 1.5)


def overview_page(facts: DipFacts) -> Page:
    """dip/index.html."""
    sections = (catalogue(facts), all_groups(facts), hospitals(facts), levels(facts), flags(facts), origins(facts))
    analysis = facts.analysis
    trail = ((analysis.title, "report.html"),)
    return Page(INDEX, word("dip_catalogue"), analysis.year, analysis.made_up, sections, trail)


def catalogue(facts: DipFacts) -> Section:
    """How many groups of each kind, and whether the sums hold."""
    return Section(
        "catalogue",
        word("dip_catalogue"),
        tuple(_catalogue_words(facts)),
        (_spread(facts), _kinds(facts)),
        tuple(_tiles(facts)),
    )


def _tiles(facts: DipFacts) -> Iterator[Tile]:
    its, groups = facts.results.catalogue, list(facts.groups.values())
    cases = sum(row["n"] for row in groups)
    for kind in ("core", "comprehensive"):
        own = [row for row in groups if row["kind"] == kind]
        n = sum(row["n"] for row in own)
        of = figure(share(n, cases), Kind.RATIO)
        yield Tile(
            word(kind), len(own), Kind.COUNT, word("unit_groups"), (Word(f"病例 {n:,}（{of}）", f"{n:,} cases ({of})"),)
        )
    yield Tile(word("cases"), cases, Kind.COUNT, None, (_years(facts),))
    yield Tile(word("mean_cost"), its.mean_cost, Kind.YUAN, word("yuan"), (word("mean_note"),))
    yield Tile(word("riv"), its.riv, Kind.RATIO, None, (word("riv_note"),))
    yield Tile(word("check_sum"), exact(its.check), Kind.WEIGHT, None, (word("check_note"),))
    placed = exact(its.check_placed)
    yield Tile(
        word("check_placed"),
        placed,
        Kind.WEIGHT,
        None,
        (Word(f"极端值裁剪 {its.trimmed:,} 例", f"{its.trimmed:,} cases trimmed"),),
    )


def _years(facts: DipFacts) -> Word:
    weights = facts.results.catalogue.years
    said = "、".join(f"{year}×{weight}" for year, weight in sorted(weights.items()))
    return Word(f"年度权重 {said}", f"Weights {said.replace('、', ', ')}")


def _catalogue_words(facts: DipFacts) -> Iterator[Word]:
    its, groups = facts.results.catalogue, list(facts.groups.values())
    yield Word(
        f"目录按“{its.scheme.word.zh}”由本区域病例测算，共 {len(groups):,} 个病种。",
        f"By {its.scheme.word.en}, from the region's own cases: {len(groups):,} groups.",
    )
    wide = [row for row in groups if row["cv"] is not None and row["cv"] > 1]
    n = sum(row["n"] for row in wide)
    yield Word(
        f"变异系数大于 1 的病种 {len(wide):,} 个、病例 {n:,} 例：组内费用差别大，宜先看。",
        f"{len(wide):,} groups with {n:,} cases have a CV above 1: their fees differ much, look at them first.",
    )
    if its.left_out:
        said = "、".join(f"{_why(name).zh} {n:,} 例" for name, n in its.left_out.items())
        en = ", ".join(f"{_why(name).en} {n:,}" for name, n in its.left_out.items())
        yield Word(f"未纳入测算：{said}。", f"Left out: {en}.")


def _why(name: str) -> Word:
    return known("left_out_", name) or same(name)


def _spread(facts: DipFacts) -> Table:
    """Groups and cases by the CV of their fees."""
    cvs = [(row["cv"], row["n"]) for row in facts.groups.values()]
    rows = []
    for low, high in zip(_EDGES, (*_EDGES[1:], None), strict=True):
        own = [n for cv, n in cvs if cv is not None and cv >= low and (high is None or cv < high)]
        name = f"{low:g}–{high:g}" if high is not None else f"≥ {low:g}"
        rows.append((same(name), len(own), sum(own)))
    unknown = [n for cv, n in cvs if cv is None]
    rows.append((word("cv_unknown"), len(unknown), sum(unknown)))
    columns = (column("cv"), column("groups", Kind.COUNT), column("cases", Kind.COUNT))
    chart = Chart(Drawing.BARS, word("cv_spread"), ("cv",), ("groups",))
    return Table(
        "cv", word("cv_spread"), columns, tuple(rows), word("no_groups"), (word("cv_note"),), (chart,), half=True
    )


def _kinds(facts: DipFacts) -> Table:
    """Groups by kind and treatment class."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in facts.groups.values():
        found.setdefault((row["kind"], row["treatment"]), []).append(row)
    columns = (
        column("kind"),
        column("treatment"),
        column("groups", Kind.COUNT),
        column("cases", Kind.COUNT),
        column("points_least", Kind.POINTS),
        column("points_most", Kind.POINTS),
    )
    rows = [
        (
            kind_word(kind),
            known("class_", treatment),
            len(own),
            sum(row["n"] for row in own),
            min(row["points"] for row in own),
            max(row["points"] for row in own),
        )
        for (kind, treatment), own in sorted(found.items(), key=lambda each: -sum(row["n"] for row in each[1]))
    ]
    return Table("kinds", word("groups_by_kind"), columns, tuple(rows), word("no_groups"), half=True)


def all_groups(facts: DipFacts) -> Section:
    """Every group; those with a page are linked."""
    rows = sorted(facts.groups.values(), key=lambda row: (-row["n"] * row["mean_cost"], row["group"]))
    columns = (
        column("group"),
        column("group_name"),
        column("kind"),
        column("n", Kind.COUNT),
        column("mean_cost", Kind.YUAN),
        column("points", Kind.POINTS),
        column("cv", Kind.INDEX),
        column("mean_los", Kind.DAYS),
        column("drug_share", Kind.RATIO),
        column("material_share", Kind.RATIO),
        column("same_price"),
    )
    values = tuple(
        (
            row["group"],
            facts.group_name(row["group"]),
            kind_word(row["kind"]),
            row["n"],
            row["mean_cost"],
            row["points"],
            row["cv"],
            row["mean_los"],
            share(row["mean_drug"], row["mean_cost"]),
            share(row["mean_material"], row["mean_cost"]),
            _one_price(facts, row["group"]),
        )
        for row in rows
    )
    table = Table("groups", word("all_groups"), columns, values, word("no_groups"), shown=max(1, len(values)))
    pages = f"{count(len(facts.paged))} / {count(len(values))}"
    lead = Word(
        f"有单独页面的病种 {pages} 个（费用或分值差额居前）。",
        f"{pages} groups have a page of their own (largest by fee or difference of points).",
    )
    return Section("groups", word("all_groups"), (lead,), (linked(table, "group", "group", facts.group_pages, INDEX),))


def _one_price(facts: DipFacts, group: str) -> Word | None:
    row = facts.prices.get(group)
    return None if row is None else word("yes" if row["same_price"] else "no")


def hospitals(facts: DipFacts) -> Section:
    """Each hospital's coefficient and points, and the classes that coefficients come from."""
    columns = (
        column("code_of_hospital"),
        column("hospital"),
        column("coefficient_class"),
        column("hospital_coefficient", Kind.WEIGHT),
        column("n", Kind.COUNT),
        column("group_points", Kind.POINTS),
        column("case_points", Kind.POINTS),
        column("fee_points", Kind.POINTS),
        column("points_difference", Kind.POINTS),
        column("flagged", Kind.COUNT),
    )
    rows = [_hospital(facts, code) for code in facts.hospitals]
    table = Table(
        "hospitals",
        word("hospital_points"),
        columns,
        tuple(rows),
        word("no_hospitals"),
        (word("fee_points_note"), word("flag_note")),
        (Chart(Drawing.BALANCE, word("points_difference"), ("hospital",), ("points_difference",)),),
    )
    table = linked(table, "hospital", "code_of_hospital", facts.hospital_pages, INDEX)
    return Section("hospitals", word("hospital_points"), (), (table, classes(facts)))


def _hospital(facts: DipFacts, code: str) -> tuple[Value, ...]:
    pairs, own = facts.pairs_of_hospital[code], facts.coefficients.get(code, [])
    flagged = {row["case_id"] for row in facts.flags_of_hospital.get(code, [])}
    group, points, fee = (sum(pair[name] for pair in pairs) for name in ("group_points", "case_points", "fee"))
    worth = facts.worth(fee)
    last = own[-1] if own else None
    return (
        code,
        facts.hospital_name(code),
        last["class"] if last else None,
        last["coefficient"] if last else None,
        sum(pair["n"] for pair in pairs),
        group,
        points,
        worth,
        points - worth,
        len(flagged),
    )


def classes(facts: DipFacts) -> Table:
    """What each class of hospitals cost in the groups it has, beside the region."""
    columns = (
        column("coefficient_class"),
        column("hospitals", Kind.COUNT),
        column("groups", Kind.COUNT),
        column("n", Kind.COUNT),
        column("mean_cost", Kind.YUAN),
        column("class_standard", Kind.YUAN),
        column("class_coefficient", Kind.WEIGHT),
    )
    rows = tuple(
        (row["class"], row["hospitals"], row["groups"], row["n"], row["mean_cost"], row["standard"], row["coefficient"])
        for row in facts.results.classes.to_pylist()
    )
    return Table("classes", word("classes_measured"), columns, rows, word("no_classes"), (word("class_note"),))


def levels(facts: DipFacts) -> Section:
    """The auxiliary levels that are open, and how many stay closed and why."""
    rows = facts.results.levels.to_pylist()
    columns = (
        column("group"),
        column("group_name"),
        column("level_kind"),
        column("auxiliary_level"),
        column("group_cases", Kind.COUNT),
        column("n", Kind.COUNT),
        column("mean_cost", Kind.YUAN),
        column("coefficient", Kind.WEIGHT),
        column("cv_before", Kind.INDEX),
        column("cv_after", Kind.INDEX),
    )
    values = tuple(
        (
            row["group"],
            facts.group_name(row["group"]),
            word(f"aux_{row['kind']}"),
            known("aux_", row["level"]),
            row["group_n"],
            row["n"],
            row["mean_cost"],
            row["coefficient"],
            row["cv_before"],
            row["cv_after"],
        )
        for row in rows
        if row["opened"]
    )
    table = Table(
        "levels",
        word("levels_open"),
        columns,
        values,
        word("no_levels"),
        (word("level_note"),),
        shown=max(1, len(values)),
    )
    linked_table = linked(table, "group", "group", facts.group_pages, INDEX)
    return Section("levels", word("auxiliary"), (), (linked_table, _closed(rows)))


def _closed(rows: list[Row]) -> Table:
    counted: dict[tuple[str, str | None], int] = {}
    for row in rows:
        counted[row["kind"], row["why"]] = counted.get((row["kind"], row["why"]), 0) + 1
    columns = (column("level_kind"), column("level_state"), column("levels", Kind.COUNT))
    values = tuple(
        (word(f"aux_{kind}"), word("level_opened") if why is None else known("why_", why.replace(" ", "_")), n)
        for (kind, why), n in sorted(counted.items(), key=lambda each: (each[0][0], str(each[0][1])))
    )
    return Table("levels-closed", word("levels_all"), columns, values, word("no_levels"))


def flags(facts: DipFacts) -> Section:
    """How many cases of each hospital are flagged, by flag."""
    columns = (
        column("code_of_hospital"),
        column("hospital"),
        column("cases", Kind.COUNT),
        *(column(f"flag_{flag}", Kind.COUNT) for flag in KINDS),
    )
    rows: list[tuple[Value, ...]] = []
    totals = dict.fromkeys(KINDS, 0)
    for code in facts.hospitals:
        own = {row["flag"]: row for row in facts.flagged_of_hospital.get(code, [])}
        cases = next(iter(own.values()))["cases"] if own else 0
        counts = {flag: own[flag]["flagged"] if flag in own else 0 for flag in KINDS}
        totals = {flag: n + counts[flag] for flag, n in totals.items()}
        rows.append((code, facts.hospital_name(code), cases, *counts.values()))
    table = Table("flags", word("supervision"), columns, tuple(rows), word("no_hospitals"), (word("flag_note"),))
    zh = "、".join(f"{flag_word(flag).zh} {n:,} 例" for flag, n in totals.items())
    en = ", ".join(f"{flag_word(flag).en.lower()} {n:,}" for flag, n in totals.items())
    lead = Word(f"{zh}。只作提示，不扣减分值。", f"{en}. These are hints; no points are cut.")
    return Section(
        "flags",
        word("supervision"),
        (lead,),
        (linked(table, "hospital", "code_of_hospital", facts.hospital_pages, INDEX),),
    )


def origins(facts: DipFacts) -> Section:
    """The scheme, the runs, and the scheme's values that nobody has held against their source."""
    its = facts.results.catalogue
    columns = (column("fact"), column("fact_value", Kind.DIGEST))
    rows: list[tuple[Value, ...]] = [
        (word("scheme"), f"{its.scheme.id} {its.day}"),
        (word("scheme_digest"), its.scheme.digest),
    ]
    rows += [(word(f"run_{kind}"), f"results/{kind}/{run}") for kind, run in facts.results.runs.items()]
    unchecked = its.scheme.unchecked(its.day)
    values = tuple((parameter.word, shown_value(dated), origin(dated)) for parameter, dated in unchecked)
    open_values = Table(
        "unchecked",
        word("unchecked"),
        (column("parameter"), column("value"), column("source")),
        values,
        word("no_unchecked"),
        shown=max(1, len(values)),
    )
    lead = Word(
        f"方案参数 {len(unchecked):,} 项未与原文核对，结果不能当作官方结果。",
        f"{len(unchecked):,} values of the scheme were held against no original: nothing here is official.",
    )
    tables = (Table("origins", word("runs_and_scheme"), columns, tuple(rows), word("no_versions")), open_values)
    return Section("origins", word("runs_and_scheme"), (lead,) if unchecked else (), tables)
