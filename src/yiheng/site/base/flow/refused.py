"""Why an act did not happen (办理未成): said to a person; nothing has changed."""

from typing import TYPE_CHECKING

from yiheng.base.words import Word
from yiheng.site.base.check import Answer
from yiheng.site.base.flow.decide import Why
from yiheng.site.base.refused import NotDone

if TYPE_CHECKING:
    from yiheng.site.base.flow.models import Item


class NotAllowed(NotDone):
    """The asker may not take this step now."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.name.lower(), why.value)
        self.why = why


class Missing(NotDone):
    """There is no such item, or the asker does not see it: nobody learns which."""

    def __init__(self) -> None:
        super().__init__("missing", Word("没有此事项，或您无权查看", "there is no such item, or you do not see it"))


class Conflict(NotDone):
    """Somebody else was first, or the request's key was used for something else."""

    @classmethod
    def of_version(cls, item: "Item") -> "Conflict":
        """The item has moved since the asker saw it."""
        last = item.acts.select_related("person").last()
        who = last.person.name if last and last.person else "系统"
        zh = f"事项已由{who}办理，现为“{item.its_state.word.zh}”，请刷新后再办"
        en = f"{who} has acted meanwhile: the item is now “{item.its_state.word.en}”; look again before you act"
        return cls("moved", Word(zh, en))

    @classmethod
    def of_key(cls) -> "Conflict":
        """One key for two requests."""
        return cls("key", Word("同一请求号已用于另一请求", "this request key was used for another request"))


class Blocked(NotDone):
    """Checks object; `answers` says which and on what evidence."""

    def __init__(self, answers: list[Answer]) -> None:
        said = [answer.said.text for answer in answers if answer.said]
        super().__init__("blocked", Word("；".join(each.zh for each in said), "; ".join(each.en for each in said)))
        self.answers = answers
