"""Why a file was not taken (附件被拒)."""

from yiheng.base.refusal import shown
from yiheng.base.words import Word
from yiheng.site.base.files.kinds import KINDS
from yiheng.site.base.identity import SAID
from yiheng.site.base.refused import NotDone

_MEBI = 1 << 20


class BadFile(NotDone):
    """A file that is not kept; nothing of it is left."""

    @classmethod
    def empty(cls, name: str) -> "BadFile":
        return cls("file_empty", Word(f"“{shown(name)}”是空文件", f"“{shown(name)}” is empty"))

    @classmethod
    def large(cls, name: str, largest: int) -> "BadFile":
        most = f"{largest / _MEBI:g} MB"
        return cls("file_large", Word(f"“{shown(name)}”超过{most}", f"“{shown(name)}” is larger than {most}"))

    @classmethod
    def named(cls) -> "BadFile":
        """Its name has an identity number, and so is not shown."""
        return cls("file_name", Word(f"文件名{SAID.zh}", f"a file's name {SAID.en}"))

    @classmethod
    def strange(cls, name: str, allowed: tuple[str, ...]) -> "BadFile":
        """No kind that is taken here, whatever its name says."""
        zh = "、".join(KINDS[code].word.zh for code in allowed)
        en = ", ".join(KINDS[code].word.en for code in allowed)
        name = shown(name)
        return cls(
            "file_kind",
            Word(f"“{name}”的内容不是可接收的格式（{zh}）", f"“{name}” is not, by its content, one of: {en}"),
        )


class NotYours(NotDone):
    """A file that is not there for this person: another's, another item's, or none; which of them is not said."""

    def __init__(self) -> None:
        super().__init__("file_unknown", Word("没有这个附件", "there is no such file"))
