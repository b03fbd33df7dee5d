"""Checks of codes (编码核查): codes and prefixes that the pack's own code books do not have."""

from collections.abc import Iterator

from yiheng.codes.normal import normal
from yiheng.drg.bycode import PAIR, PREFIX
from yiheng.drg.checks.checkup import Checkup
from yiheng.drg.packs.pack import Finding

# The tables with codes, their column, and whether procedures may stand there too.
_TABLES = (
    ("mdc_dx", "code", False),
    ("adrg_list", "code", True),
    ("cc", "code", False),
    ("exclusion", "principal_code", False),
)


def code_not_in_book(checkup: Checkup) -> Iterator[Finding]:
    """Codes of the tables that their book lacks; a book without any code is one finding of its own."""
    for file, names in (("icd10.csv", checkup.pack.dx_names), ("icd9.csv", checkup.pack.proc_names)):
        if not names:
            yield Finding("code_not_in_book", file, None, "the code book is empty: nothing can be held against it")
    for file, row, code, book in _codes(checkup):
        if code not in book and not is_prefix(code):
            yield Finding("code_not_in_book", file, row, f"{code} is not in the code book")


def prefix_without_code(checkup: Checkup) -> Iterator[Finding]:
    """Prefixes that no code of their book begins with."""
    for file, row, code, book in _codes(checkup):
        if code not in book and is_prefix(code) and not any(each.startswith(code[:-1]) for each in book):
            yield Finding("prefix_without_code", file, row, f"no code of the book begins with {code[:-1]}")


def is_prefix(code: str) -> bool:
    return code.endswith(PREFIX) and PAIR not in code


def _codes(checkup: Checkup) -> Iterator[tuple[str, int, str, frozenset[str]]]:
    dx = frozenset(checkup.pack.dx_names)
    both = dx | frozenset(checkup.pack.proc_names)
    for name, column, procedures in _TABLES:
        if not (checkup.pack.dx_names and (checkup.pack.proc_names or not procedures)):
            continue
        table = checkup.content.table(name)
        place = table.columns.index(column)
        for number, cells in enumerate(table.cells, 1):
            yield f"{name}.csv", number, normal(cells[place]), both if procedures else dx
