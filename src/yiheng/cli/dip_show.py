"""`yiheng dip show` and `yiheng policy show` of a catalogue: at a glance, or one group with all that made it."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from yiheng.base.refusal import Refusal
from yiheng.dip.file import Held, read_catalogue

# A column of a catalogue and how a page calls it.
_SAID = {
    "kind": "病种类型 kind", "treatment": "治疗方式 treatment", "dx": "主要诊断 principal diagnosis",
    "other_dx": "其他诊断 other diagnosis", "proc": "手术操作 operations", "wide": "归并的诊断 diagnoses pooled",
    "second": "二级病种 second level", "first": "一级病种 first level", "place": "清单顺序 place in the list",
    "related_share": "相关手术占比 share of the related operation", "n": "病例数 cases",
    "fee_cases": "计入均值 in the means", "weighted_cases": "加权病例数 weighted cases", "points": "病种分值 points",
    "rw": "权重 RW", "mean_cost": "次均费用 mean fee", "cv": "变异系数 CV", "sd": "标准差 deviation",
    "least": "最低费用 least fee", "most": "最高费用 most fee", "mean_los": "平均住院日 mean stay",
    "mean_drug": "药品 drugs", "drw": "药品权重 drug weight", "mean_material": "耗材 materials",
    "crw": "耗材权重 material weight",
}  # fmt: skip


def show(
    catalogue: Annotated[Path, typer.Argument(help="A catalogue.")],
    group: Annotated[str, typer.Argument(help="One of its groups.")] = "",
) -> None:
    """A catalogue at a glance, or one of its groups with all that it says of it."""
    typer.echo("\n".join(shown(catalogue, group)))


def shown(catalogue: Path, group: str = "") -> Iterator[str]:
    """The lines of a catalogue, or of a group; a group that is not there is refused."""
    held = read_catalogue(catalogue)
    rows = held.groups.to_pylist()
    if not group:
        yield from _whole(held, rows)
        return
    found = next((row for row in rows if row["group"] == group), None)
    if found is None:
        raise Refusal("there is no such group", file=catalogue.name, column="group", value=group)
    yield group
    for name, title in _SAID.items():
        if found[name] is not None:
            yield f"  {title}: {_text(found[name])}"


def _whole(held: Held, rows: list[dict[str, Any]]) -> Iterator[str]:
    yield f"{held.scheme.id} ({held.scheme.word.zh} {held.scheme.word.en}), {held.day}, {held.scheme.digest}"
    counted, cases = Counter(row["kind"] for row in rows), Counter[str]()
    for row in rows:
        cases[row["kind"]] += row["n"]
    for kind in sorted(counted):
        yield f"{kind}: {counted[kind]} groups, {cases[kind]} cases"
    points = [row["points"] for row in rows if row["points"] is not None]
    if points:
        yield f"points {_text(min(points))} to {_text(max(points))}"
    unchecked = len(held.scheme.unchecked(held.day))
    yield f"{unchecked} values of the scheme were held against no original"


def _text(value: object) -> str:
    return f"{value:.12g}" if isinstance(value, float) else str(value)
