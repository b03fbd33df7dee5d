"""Refused (未办成): what was asked for did not happen, and nothing has changed; said to a person in both languages."""

from yiheng.base.words import Word


class NotDone(Exception):
    """Something that did not happen; `text` says why, in both languages; `code` is what a program reads."""

    def __init__(self, code: str, text: Word) -> None:
        super().__init__(code)
        self.code = code
        self.text = text
