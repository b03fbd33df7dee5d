"""The frequencies and effects of the made-up region (演示参数表): reading `tables/*.csv`."""

import csv
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@cache
def table(name: str) -> tuple[dict[str, str], ...]:
    """The rows of `tables/<name>.csv`, in the file's order."""
    text = (files("yiheng.sample") / "tables" / f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def words(name: str, column: str) -> list[str]:
    """One column as text."""
    return [row[column] for row in table(name)]


def numbers(name: str, column: str) -> Floats:
    """One column as numbers; an empty cell is 0."""
    return np.array([float(row[column] or 0) for row in table(name)])


def weighted(cell: str) -> dict[str, float]:
    """A cell `A:3|B:1` as codes with weights; a code without a weight has 1."""
    parts = (part.rpartition(":") if ":" in part else (part, ":", "1") for part in cell.split("|") if part)
    return {code: float(weight) for code, _, weight in parts}


def setting(name: str) -> float:
    """One of the region's single figures (`settings.csv`: value, unit, meaning); an unknown name is a KeyError."""
    return _settings()[name]


@cache
def _settings() -> dict[str, float]:
    return {row["name"]: float(row["value"]) for row in table("settings")}
