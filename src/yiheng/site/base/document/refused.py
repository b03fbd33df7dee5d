"""What is refused about a document (文书办理未成)."""

from collections.abc import Sequence

from yiheng.base.words import Word
from yiheng.site.base.refused import NotDone


class NothingFrozen(NotDone):
    """A document was to be signed or printed that has not been submitted."""

    def __init__(self) -> None:
        super().__init__("not_frozen", Word("内容尚未提交固定", "the content has not been submitted yet"))


class Changed(NotDone):
    """What the item says now is not what was frozen, or what was frozen is not what its digest says."""

    def __init__(self, fields: Sequence[str]) -> None:
        names = "、".join(fields)
        zh = f"内容与固定版本不一致：{names}" if fields else "固定内容与其摘要不一致"
        en = (
            f"differs from the frozen version: {', '.join(fields)}"
            if fields
            else "does not have the digest it was frozen with"
        )
        super().__init__("content_changed", Word(zh, en))
        self.fields = tuple(fields)


class Signed(NotDone):
    """One person signs one version once."""

    def __init__(self) -> None:
        super().__init__("signed", Word("您已签署此版本", "you have signed this version"))
