"""The Charlson index (查尔森合并症指数): a case's other diagnoses as categories, each counted once.

The table (Quan 2005, ICD-10) is `policy/codes/charlson-quan2005.csv`, with the weights of 1987 and of Quan 2011.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from yiheng.base.packaged import packaged_rows
from yiheng.base.refusal import Refusal
from yiheng.codes.normal import normal

WEIGHTS = ("charlson1987", "quan2011")


@dataclass(frozen=True)
class Category:
    """One category: its weights by version, the beginnings of its codes, and the category that takes its place."""

    id: str
    zh: str
    weights: dict[str, int]
    heads: tuple[str, ...]
    overridden_by: str


@cache
def categories() -> dict[str, Category]:
    """All categories by id."""
    found: dict[str, list[dict[str, str]]] = {}
    for row in packaged_rows("yiheng.policy", "codes/charlson-quan2005.csv"):
        found.setdefault(row["category"], []).append(row)
    return {name: _category(name, rows) for name, rows in found.items()}


def found_in(codes: Iterable[str]) -> dict[str, Category]:
    """The categories of these diagnoses that count: each once, without those that a graver one takes the place of."""
    bare = [normal(code).replace(".", "") for code in codes]
    met = {name: its for name, its in categories().items() if any(code.startswith(its.heads) for code in bare)}
    return {name: its for name, its in met.items() if its.overridden_by not in met}


def score(codes: Iterable[str], weights: str) -> int:
    """The index of other diagnoses by the weights of one of WEIGHTS; of any other version it is refused."""
    if weights not in WEIGHTS:
        raise Refusal("is no version of the Charlson weights", value=weights, cure=f"one of: {', '.join(WEIGHTS)}")
    return sum(its.weights[weights] for its in found_in(codes).values())


def _category(name: str, rows: list[dict[str, str]]) -> Category:
    heads = tuple(row["icd10_prefix"].replace(".", "") for row in rows)
    weights = {version: int(rows[0][f"weight_{version}"]) for version in WEIGHTS}
    return Category(name, rows[0]["category_cn"], weights, heads, rows[0]["overridden_by"])
