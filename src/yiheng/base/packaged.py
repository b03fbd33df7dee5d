"""Packaged tables (内置表): CSV files that come with the package, read as rows of text."""

import csv
from importlib.resources import files


def packaged_rows(package: str, path: str) -> list[dict[str, str]]:
    """The rows of a CSV file inside a package, such as `yiheng.base`, `words.csv`; every cell is text."""
    text = (files(package) / path).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
