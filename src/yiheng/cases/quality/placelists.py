"""Code lists of a place (本地编码表): grey codes, retired codes, codes that exclude each other, each since a day.

Yiheng brings none of them. A region writes DATA/policy/quality/codes.yaml, a diff over `quality/codes`, with the
codes in it or in CSV files beside it.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from yiheng.base.refusal import Refusal
from yiheng.cases import source
from yiheng.cases.quality.book import CODES, Book, Version, book
from yiheng.cases.quality.codelist import ANY, CodeList, PairList
from yiheng.cases.quality.compile import compile_rule, marks_of
from yiheng.policy.loader import Dated, Scheme, read_scheme
from yiheng.tables.contract import contract

FILE = "codes.yaml"
_FORMS = ("codes", "pairs", "file")
_CODE, _OTHER = ("code", "编码"), ("other", "互斥编码")


def place_folder(data: Path) -> Path:
    """Where DATA keeps what its place says about quality rules."""
    return data / "policy" / "quality"


def place_book(data: Path) -> Book:
    """The rule book with the lists of the place that DATA is of, if it gives any.

    A file that says something else, or names what rules cannot use, is refused by name, list and row.
    """
    folder = place_folder(data)
    if not folder.is_dir():
        return book()
    _check_files(folder)
    path = folder / FILE
    if not path.is_file():
        return book()
    its = read_scheme(str(path), _text(path))
    if its.base != CODES:
        raise Refusal(f"is not a diff over {CODES}", file=str(path), cure=f"about: {{..., base: {CODES}}}")
    found = replace(
        book(),
        dated={name: _versions(its, name, folder) for name in sorted(its.own)},
        unset=its.unset,
        digest=_digest(its, folder),
    )
    _check_use(found, path)
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise Refusal("is not UTF-8", file=str(path)) from None


def _check_files(folder: Path) -> None:
    """Nothing lies there that looks as if it were used and is not."""
    others = sorted(each.name for each in folder.glob("*.yaml") if each.name != FILE)
    if others:
        raise Refusal(f"is not read: a place gives its code lists in {FILE}", file=str(folder / others[0]))


def _versions(its: Scheme, name: str, folder: Path) -> tuple[Version, ...]:
    return tuple(_version(its.id, name, dated, folder) for dated in its.parameters[name].values)


def _version(shown: str, name: str, dated: Dated, folder: Path) -> Version:
    value, told = dated.value, f"{name} from {dated.start}"
    forms = [form for form in _FORMS if isinstance(value, dict) and form in value]
    if not forms:
        return Version(dated.start, "", CodeList.of(told, _codes(shown, told, value) if type(value) is list else value))
    if len(forms) > 1 or set(value) - {*_FORMS, "edition"}:
        raise Refusal(f"{told}: has one of {', '.join(_FORMS)}, and may name an edition", file=shown)
    return Version(dated.start, str(value.get("edition") or ""), _content(shown, told, forms[0], value, folder))


def _content(shown: str, told: str, form: str, value: dict[str, Any], folder: Path) -> CodeList | PairList:
    given = value[form]
    if form == "file":
        return _of_file(told, folder / str(given))
    if not isinstance(given, list) or not given:
        raise Refusal(f"{told}: {form} is a list that is not empty", file=shown)
    if form == "codes":
        return CodeList.of_codes(told, _codes(shown, told, given))
    if not all(isinstance(pair, list) and len(pair) == len(("one", "other")) for pair in given):
        raise Refusal(f"{told}: pairs are lists of two codes", file=shown)
    return PairList.of_pairs(told, [(one, other) for one, other in (_codes(shown, told, pair) for pair in given)])


def _codes(shown: str, told: str, given: list[Any]) -> list[str]:
    """Codes as they are written; without quotation marks YAML takes 47.0900 for a number and drops its zeros."""
    for code in given:
        if not isinstance(code, str):
            raise Refusal(f"{told}: a code needs quotation marks", file=shown, value=str(code))
        if not code.strip(f"{ANY} "):
            raise Refusal(f"{told}: a code is empty", file=shown, value=code)
    return given


def _of_file(told: str, path: Path) -> CodeList | PairList:
    """A list that stands in a CSV file: codes, or pairs where it has a second column."""
    if source.kind_of(path) != "csv":
        raise Refusal("is no CSV file", file=str(path))
    header = source.csv_header(path)
    code, other = (next((name for name in header if name.strip() in names), "") for names in (_CODE, _OTHER))
    if not code:
        raise Refusal(f"no column {_CODE[0]}", file=str(path), cure=f"{' or '.join(_CODE)}; of pairs also {_OTHER[0]}")
    rows = list(_cells(path, [code, other] if other else [code]))
    if not rows:
        raise Refusal("the file has a header and no rows", file=str(path))
    if not other:
        return CodeList.of_codes(told, [its for (its,) in rows])
    return PairList.of_pairs(told, [(one, its) for one, its in rows])


def _cells(path: Path, names: list[str]) -> Iterable[tuple[str, ...]]:
    for rows in source.csv_rows(path, names):
        if rows.broken:
            raise Refusal("has not as many columns as the header", file=str(path), row=rows.broken[0].row)
        texts = [rows.table[name].to_pylist() for name in names]
        for number, cells in zip(rows.numbers, zip(*texts, strict=True), strict=True):
            for name, cell in zip(names, cells, strict=True):
                if not (cell or "").strip(f"{ANY} "):
                    raise Refusal("must not be empty", file=str(path), row=int(number), column=name)
            yield tuple(cell.strip() for cell in cells)


def _digest(its: Scheme, folder: Path) -> str:
    """Of the file and of all files that it names."""
    values = [dated.value for name in its.own for dated in its.parameters[name].values]
    named = sorted({str(value["file"]) for value in values if isinstance(value, dict) and "file" in value})
    parts = [its.digest, *(f"{name} {hashlib.sha256((folder / name).read_bytes()).hexdigest()}" for name in named)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _check_use(its: Book, path: Path) -> None:
    """Every list is such as the rules that name it can use."""
    columns = frozenset(contract("cases").schema.names)
    for rule in its.rules.values():
        if any(name in rule.when for name in its.dated):
            try:
                compile_rule(rule, its, columns, marks_of(its))
            except Refusal as refusal:
                raise Refusal(refusal.what, file=str(path)) from None
