"""Refused (未办成): what was asked for did not happen, and nothing has changed; said to a person in both languages."""

from collections.abc import Mapping, Sequence

from yiheng.base.refusal import Refusal
from yiheng.base.words import Word


class NotDone(Exception):
    """Something that did not happen; `text` says why, in both languages; `code` is what a program reads."""

    def __init__(self, code: str, text: Word) -> None:
        super().__init__(code)
        self.code = code
        self.text = text


class BadSheet(NotDone):
    """A sheet of which nothing was taken: a line for each row that is wrong, and the rows by number as read."""

    def __init__(self, lines: Sequence[Refusal], rows: Mapping[int, Mapping[str, str]]) -> None:
        count = len(lines)
        zh, en = f"文件有{count}处错误，一行也未写入", f"the file has {count} faults; nothing of it was written"
        super().__init__("bad_sheet", Word(zh, en))
        self.lines = list(lines)
        self.rows = {number: dict(cells) for number, cells in rows.items()}
