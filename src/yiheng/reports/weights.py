"""Two weights (本地权重与规则包权重): each hospital's case mix by the region's own weights and by those of the pack."""

from yiheng.base.words import Word, word
from yiheng.reports.analysis import Analysis, Grouping
from yiheng.reports.figures import Kind, count, index
from yiheng.reports.hospitals import named_hospitals
from yiheng.reports.shape import Section, Table, column
from yiheng.reports.units import Row, ordered, rows_of, total

_COLUMNS = (
    column("hospital"),
    column("code_of_hospital"),
    column("n", Kind.COUNT),
    column("own_weight_cases", Kind.COUNT),
    column("own_cmi", Kind.INDEX),
    column("pack_weight_cases", Kind.COUNT),
    column("pack_cmi", Kind.INDEX),
)


def two_weights(analysis: Analysis, grouping: Grouping) -> Section:
    """One row a hospital, the highest case mix by the pack's weights first."""
    assert grouping.published is not None
    given = {row["hospital"]: row for row in grouping.published.to_pylist()}
    own = rows_of(grouping.by.get("hospital"))
    rows = [_completed(row, given[row["hospital"]]) for row in own if row["hospital"] in given]
    shown = ordered(named_hospitals(analysis, rows), "pack_cmi", "code_of_hospital", falling=True)
    values = tuple(tuple(row[each.id] for each in _COLUMNS) for row in shown)
    title, notes = word("pack_weights"), (word("pack_weights_note"),)
    table = Table(f"{grouping.id}-weights", title, _COLUMNS, values, word("no_hospitals"), notes)
    return Section(f"{grouping.id}-weights", title, _lead(rows), (table,), part=word(grouping.id))


def _completed(own: Row, given: Row) -> Row:
    return {**own, **given, "own_cmi": own["cmi"], "own_weight_cases": own["weight_cases"]}


def _lead(rows: list[Row]) -> tuple[Word, ...]:
    """The whole region by the pack's weights; by its own it is 1."""
    cases, weight = total(rows, "pack_weight_cases"), total(rows, "pack_weight")
    if not cases:
        return ()
    mix, n = index(weight / cases), count(cases)
    return (
        Word(
            f"按规则包权重，本区域 {n} 例有权重的病例 CMI 为 {mix}。",
            f"By the pack's weights the region's CMI is {mix}, over {n} cases with a weight.",
        ),
    )
