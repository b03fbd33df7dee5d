"""A hospital's page (医院 DIP 页): its coefficient with its derivation, case points, groups, and the flagged cases."""

from collections.abc import Iterator

from yiheng.base.words import Word, word
from yiheng.dip.plan import fraction
from yiheng.dip.pricing.points import jumps
from yiheng.dip.supervision.flags import KINDS
from yiheng.reports.dip.facts import INDEX, DipFacts, Row, evidence_word, flag_word, hospital_page, known
from yiheng.reports.figures import Kind, Value, count, share
from yiheng.reports.figures import shown as figure
from yiheng.reports.pages import Page, linked
from yiheng.reports.shape import Chart, Drawing, Section, Table, Tile, column

_BANDS = ("low", "middle", "high", "review", "unknown")
_IN_THE_CHART = 20
_NAMED = 3
# The score of a flag that goes furthest.
_FULL = 1.0


def hospital_page_of(facts: DipFacts, code: str, most_flagged: int) -> Page:
    """dip/hospital-<code>.html; of the flagged cases those with the highest scores."""
    analysis = facts.analysis
    sections = (
        _coefficient(facts, code),
        _points(facts, code),
        _groups(facts, code),
        _flags(facts, code, most_flagged),
    )
    trail = ((analysis.title, "report.html"), (word("dip_catalogue"), INDEX))
    name = facts.hospital_name(code)
    title = Word(f"{name.zh} DIP", f"{name.en} DIP")
    return Page(hospital_page(code), title, analysis.year, analysis.made_up, sections, trail)


def _coefficient(facts: DipFacts, code: str) -> Section:
    rows = facts.coefficients.get(code, [])
    columns = (
        column("step"),
        column("n", Kind.COUNT),
        column("mean_cost", Kind.YUAN),
        column("class_standard", Kind.YUAN),
        column("coefficient", Kind.WEIGHT),
        column("explained_by"),
    )
    steps = tuple(step for row in rows for step in _steps(facts, row))
    table = Table("derivation", word("derivation"), columns, steps, word("no_classes"), (word("class_note"),))
    return Section(
        "coefficient",
        word("hospital_coefficient"),
        tuple(_coefficient_words(rows)),
        (table,),
        tuple(_tiles(facts, code)),
    )


def _tiles(facts: DipFacts, code: str) -> Iterator[Tile]:
    pairs, rows = facts.pairs_of_hospital[code], facts.coefficients.get(code, [])
    if rows:
        last = rows[-1]
        its = word("class_of").zh, word("class_of").en
        name = last["class"] or word("none").zh
        yield Tile(
            word("hospital_coefficient"),
            last["coefficient"],
            Kind.WEIGHT,
            None,
            (Word(f"{its[0]} {name}", f"{its[1]} {last['class'] or word('none').en}"),),
        )
    cases, fee = (sum(pair[name] for pair in pairs) for name in ("n", "fee"))
    group, points = (sum(pair[name] for pair in pairs) for name in ("group_points", "case_points"))
    worth = facts.worth(fee)
    yield Tile(word("cases"), cases, Kind.COUNT, None, (Word(f"病种 {len(pairs):,} 个", f"{len(pairs):,} groups"),))
    said = figure(group, Kind.POINTS)
    yield Tile(
        word("case_points"), points, Kind.POINTS, None, (Word(f"病种分值合计 {said}", f"{said} before correction"),)
    )
    said = figure(worth, Kind.POINTS)
    yield Tile(
        word("points_difference"),
        points - worth,
        Kind.POINTS,
        None,
        (Word(f"费用折合 {said}", f"fees are worth {said}"),),
    )
    flagged = {row["case_id"] for row in facts.flags_of_hospital.get(code, [])}
    of = figure(share(len(flagged), cases), Kind.RATIO)
    yield Tile(word("flagged"), len(flagged), Kind.COUNT, None, (Word(f"占病例 {of}", f"{of} of cases"),))


def _coefficient_words(rows: list[Row]) -> Iterator[Word]:
    for row in rows:
        if row["origin"] != "class":
            why = known("origin_", row["origin"].replace(" ", "_")) or word("none")
            yield Word(
                f"未用等级系数：{why.zh}，取方案规定的 {row['class_coefficient']:g}。",
                f"No class coefficient: {why.en}; the scheme's {row['class_coefficient']:g} is taken.",
            )
        if row["own"] is not None:
            side = "高于" if row["own"] > row["coefficient"] else "低于"
            en = "above" if row["own"] > row["coefficient"] else "below"
            own, its = figure(row["own"], Kind.WEIGHT), figure(row["coefficient"], Kind.WEIGHT)
            yield Word(
                f"本院同病种费用是区域均值的 {own} 倍，{side}所用系数 {its}。",
                f"Its cases cost {own} times the region's means of the same groups, {en} the coefficient {its}.",
            )


def _steps(facts: DipFacts, row: Row) -> Iterator[tuple[Value, ...]]:
    """The hospital by itself, its class, what is added, and the result."""
    yield word("step_own"), row["n"], row["mean_cost"], row["standard"], row["own"], word("step_own_note")
    its = facts.classes.get(row["class"] or "")
    name = row["class"] or word("none").zh
    if its is not None:
        shown = Word(
            f"等级 {name}：{its['hospitals']:,} 家医院、{its['groups']:,} 个病种",
            f"Class {name}: {its['hospitals']:,} hospitals, {its['groups']:,} groups",
        )
        yield word("step_class"), its["n"], its["mean_cost"], its["standard"], row["class_coefficient"], shown
    else:
        why = known("origin_", row["origin"].replace(" ", "_"))
        yield word("step_class"), row["class_cases"], None, None, row["class_coefficient"], why
    yield word("step_additions"), None, None, None, row["additions"], word("step_additions_note")
    yield word("step_result"), None, None, None, row["coefficient"], word("step_result_note")


def _points(facts: DipFacts, code: str) -> Section:
    rows = {row["band"]: row for row in facts.bands_of_hospital.get(code, [])}
    cases = sum(row["n"] for row in rows.values())
    columns = (
        column("band"),
        column("n", Kind.COUNT),
        column("share_cases", Kind.RATIO),
        column("group_points", Kind.POINTS),
        column("case_points", Kind.POINTS),
        column("points_changed", Kind.POINTS),
        column("explained_by"),
    )
    values = tuple(
        (
            word(f"band_{band}"),
            row["n"],
            share(row["n"], cases),
            row["group_points"],
            row["case_points"],
            row["case_points"] - row["group_points"],
            word(f"band_{band}_note"),
        )
        for band in _BANDS
        if (row := rows.get(band)) is not None
    )
    bands = Table(
        "bands",
        word("points_by_band"),
        columns,
        values,
        word("no_cases_of_year"),
        (word("band_note"), *_jumps(facts, code)),
    )
    bases = Table(
        "bases",
        word("compared_with"),
        (column("base"), column("n", Kind.COUNT), column("share_cases", Kind.RATIO)),
        tuple(
            (_base(row["base"]), row["n"], share(row["n"], cases))
            for row in sorted(facts.bases_of_hospital.get(code, []), key=lambda row: -row["n"])
        ),
        word("no_cases_of_year"),
        (word("base_note"),),
    )
    return Section("points", word("case_points"), (), (bands, bases))


def _jumps(facts: DipFacts, code: str) -> Iterator[Word]:
    """Where the coefficient jumps: a case just beside the line counts quite another number of points."""
    rows = facts.coefficients.get(code, [])
    for jump in jumps(facts.results.plan, {fraction(row["coefficient"]) for row in rows}):
        at, below, above = (f"{float(each):.4g}" for each in (jump.at, jump.below, jump.above))
        yield Word(
            f"费用在 {at} 倍处系数跳变：略低 {below}，略高 {above}。",
            f"At {at} times the mean the coefficient jumps: {below} just below, {above} just above.",
        )


def _base(name: str | None) -> Word:
    if name is None:
        return word("base_none")
    link, _, level = name.partition(" x ")
    its = word(f"base_{link}")
    return Word(f"{its.zh} × {level}", f"{its.en} x {level}") if level else its


def _groups(facts: DipFacts, code: str) -> Section:
    """All groups of the hospital, the largest difference of points first."""
    pairs = sorted(facts.pairs_of_hospital[code], key=lambda pair: (-abs(facts.difference(pair)), pair["group"]))
    columns = (
        column("group"),
        column("group_name"),
        column("n", Kind.COUNT),
        column("mean_cost", Kind.YUAN),
        column("catalogue_mean", Kind.YUAN),
        column("group_points", Kind.POINTS),
        column("case_points", Kind.POINTS),
        column("fee_points", Kind.POINTS),
        column("points_difference", Kind.POINTS),
    )
    rows = tuple(
        (
            pair["group"],
            facts.group_name(pair["group"]),
            pair["n"],
            pair["fee"] / 100 / pair["n"],
            facts.groups.get(pair["group"], {}).get("mean_cost"),
            pair["group_points"],
            pair["case_points"],
            facts.worth(pair["fee"]),
            facts.difference(pair),
        )
        for pair in pairs
    )
    chart = Chart(
        Drawing.BALANCE, word("largest_differences"), ("group", "group_name"), ("points_difference",), top=_IN_THE_CHART
    )
    table = Table(
        "groups",
        word("groups_by_difference"),
        columns,
        rows,
        word("no_groups"),
        (word("fee_points_note"),),
        (chart,),
        shown=max(1, len(rows)),
    )
    return Section(
        "groups",
        word("groups_by_difference"),
        tuple(_group_words(facts, pairs)),
        (linked(table, "group", "group", facts.group_pages, hospital_page(code)),),
    )


def _group_words(facts: DipFacts, pairs: list[Row]) -> Iterator[Word]:
    for sign, zh, en in (
        (-1, "费用超出分值最多", "Fees exceed points most in"),
        (1, "分值超出费用最多", "Points exceed fees most in"),
    ):
        own = [pair for pair in pairs if facts.difference(pair) * sign > 0][:_NAMED]
        if own:
            names = [(facts.group_name(pair["group"]), figure(facts.difference(pair), Kind.POINTS)) for pair in own]
            yield Word(
                f"{zh}：" + "；".join(f"{name.zh}（{said}）" for name, said in names) + "。",
                f"{en}: " + "; ".join(f"{name.en} ({said})" for name, said in names) + ".",
            )


def _flags(facts: DipFacts, code: str, most: int) -> Section:
    region: dict[str, tuple[int, int]] = {}
    for row in facts.results.flagged.to_pylist():
        flagged, cases = region.get(row["flag"], (0, 0))
        region[row["flag"]] = (flagged + row["flagged"], cases + row["cases"])
    own = {row["flag"]: row for row in facts.flagged_of_hospital.get(code, [])}
    columns = (
        column("flag_kind"),
        column("flagged", Kind.COUNT),
        column("flag_top", Kind.COUNT),
        column("cases", Kind.COUNT),
        column("share_flagged", Kind.RATIO),
        column("region_share", Kind.RATIO),
        column("explained_by"),
    )
    counts = tuple(
        (
            flag_word(flag),
            own[flag]["flagged"],
            sum(row["flag"] == flag and row["score"] == _FULL for row in facts.flags_of_hospital.get(code, [])),
            own[flag]["cases"],
            share(own[flag]["flagged"], own[flag]["cases"]),
            share(*region[flag]),
            word(f"flag_{flag}_note"),
        )
        for flag in KINDS
        if flag in own
    )
    table = Table("flag-counts", word("supervision"), columns, counts, word("no_flags"), (word("flag_note"),))
    return Section("flags", word("supervision"), (), (table, _flagged(facts, code, most)))


def _flagged(facts: DipFacts, code: str, most: int) -> Table:
    rows = sorted(facts.flags_of_hospital.get(code, []), key=lambda row: (-row["score"], row["case_id"], row["flag"]))
    columns = (
        column("case_id"),
        column("flag_kind"),
        column("flag_score", Kind.INDEX),
        column("group"),
        column("flag_value", Kind.POINTS),
        column("flag_standard", Kind.POINTS),
        column("flag_ratio", Kind.INDEX),
        column("evidence"),
    )
    values = tuple(
        (
            row["case_id"],
            flag_word(row["flag"]),
            row["score"],
            row["group"],
            row["value"],
            row["standard"],
            row["ratio"],
            evidence_word(row["flag"], row["evidence"]),
        )
        for row in rows[:most]
    )
    shown, whole = count(len(values)), count(len(rows))
    run = f"results/supervision/{facts.results.runs['supervision']}"
    note = Word(
        f"列出 {shown} / {whole} 条，得分高者在前；全部见 {run}。",
        f"{shown} of {whole}, the highest scores first; all in {run}.",
    )
    table = Table(
        "flagged-cases",
        word("flagged_cases"),
        columns,
        values,
        word("no_flags"),
        (word("flag_units"), note),
        shown=max(1, len(values)),
    )
    return linked(table, "group", "group", facts.group_pages, hospital_page(code))
