"""What a notice says (通知用语): flow, number, what happened, state: only what the reader sees of the item."""

from yiheng.base.words import Word
from yiheng.site.base.flow.declare import Flow
from yiheng.site.base.flow.models import Event
from yiheng.site.base.flow.sight import Seen

_KINDS = {
    "late": Word("已超过时限", "its time is over"),
    "urge": Word("催办", "somebody asks you to act"),
    "copy": Word("抄送给您", "a copy was sent to you"),
    "pass_on": Word("转交给您", "it was passed on to you"),
}
_OTHER = Word("有新的进展", "something has happened")


def wording(flow: Flow, event: Event, seen: Seen) -> Word:
    """The text for somebody who sees `seen` of the item: never a tagged field, no more than a stub shows."""
    item = event.item
    number = f" {item.number}" if item.number and seen.field(flow, "number") else ""
    state = flow.states.get(event.content.get("state", item.state)) if seen.field(flow, "state") else None
    what = _what(flow, event.kind) if state else _OTHER
    now_zh, now_en = (f"，现为“{state.word.zh}”", f"; it is now “{state.word.en}”") if state else ("", "")
    return Word(f"{flow.word.zh}{number}：{what.zh}{now_zh}", f"{flow.word.en}{number}: {what.en}{now_en}")


def _what(flow: Flow, kind: str) -> Word:
    name = kind.removeprefix(f"{flow.code}.")
    return flow.by_name[name].word if name in flow.by_name else _KINDS.get(name, _OTHER)
