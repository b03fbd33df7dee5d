"""Sheets that are handed in (导入文件): taken, or given back with what is wrong in each row."""

import base64
import csv
import io
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from django.http import HttpRequest

from yiheng.base.words import Word
from yiheng.site.base.pages.export import harmless
from yiheng.site.base.refused import BadSheet, NotDone
from yiheng.site.base.sheet import FAULT

_LARGEST, _LONGEST = 10 * 1024 * 1024, 200
_TOO_LARGE = Word("文件超过10MB", "the file is larger than 10 MB")
_NO_FILE = Word("请选择CSV或Excel文件", "choose a CSV or Excel file")
Taken = TypeVar("Taken")


@dataclass(frozen=True)
class HandedIn(Generic[Taken]):
    """What became of a sheet: what was taken, or why nothing was.

    - lines: a line for each row that is wrong; back: a `data:` address of the same sheet, what is wrong beside each row
    """

    taken: Taken | None
    said: Word | None = None
    lines: list[str] = field(default_factory=list)
    back: str = ""


def hand_in(request: HttpRequest, labels: Mapping[str, str], take: Callable[[Path, str], Taken]) -> HandedIn[Taken]:
    """Take the file of a form (`file`); `take` gets it and what the sender calls it, and raises NotDone."""
    upload = request.FILES.get("file")
    if upload is None:
        return HandedIn(None, _NO_FILE)
    if upload.size > _LARGEST:
        return HandedIn(None, _TOO_LARGE)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        path.write_bytes(upload.read())
        try:
            return HandedIn(take(path, str(upload.name)[:_LONGEST]))
        except BadSheet as bad:
            return HandedIn(None, bad.text, [str(line) for line in bad.lines], _back(bad, labels))
        except NotDone as why:
            return HandedIn(None, why.text)


def _back(bad: BadSheet, labels: Mapping[str, str]) -> str:
    """All rows as CSV, as none was taken, with what is wrong in each that is; empty where no row is at fault."""
    wrong: dict[int, list[str]] = {}
    for line in bad.lines:
        if line.row in bad.rows:
            wrong.setdefault(line.row, []).append(f"{line.column}：{line.what}" if line.column else line.what)
    if not wrong:
        return ""
    rows = ([*(its.get(name, "") for name in labels), "；".join(wrong.get(at, ()))] for at, its in bad.rows.items())
    return _address([[*labels.values(), FAULT], *rows])


def blank(labels: Mapping[str, str]) -> str:
    """A `data:` address of a sheet with nothing but its columns."""
    return _address([list(labels.values())])


def _address(lines: Iterable[Sequence[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(map(harmless, line) for line in lines)
    return f"data:text/csv;charset=utf-8;base64,{base64.b64encode(text.getvalue().encode('utf-8-sig')).decode()}"
