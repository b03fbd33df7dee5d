"""Why a panel cannot go on (会签无法进行)."""

from yiheng.base.words import Word
from yiheng.site.base.refused import NotDone


class NoSigner(NotDone):
    """Nobody may answer: no post is filled, or all who hold one did a duty that is apart from it."""

    def __init__(self, label: str) -> None:
        zh = f"“{label}”没有可办理的人（岗位空缺，或均已办理不相容的步骤），请先补充岗位"
        en = f"nobody may answer for “{label}”: the post is empty, or its holders did a duty apart from it"
        super().__init__("no_signer", Word(zh, en))


class NotFit(NotDone):
    """A person who was named may not take the place."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__("not_fit", Word(zh, en))
