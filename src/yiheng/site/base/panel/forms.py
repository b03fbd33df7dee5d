"""Forms of answers (表态表单): what a panel's member fills in."""

from collections.abc import Iterable
from typing import Any

from django import forms

from yiheng.base.words import Word
from yiheng.site.base.panel.outcome import ENDS, Value
from yiheng.site.base.texts import say

_LONGEST = 2000

WORDS = {
    Value.AGREE: Word("同意", "agree"),
    Value.REFUSE: Word("不同意", "refuse"),
    Value.RETURN: Word("退回", "return"),
    Value.YES: Word("赞成", "yes"),
    Value.NO: Word("反对", "no"),
    Value.ABSTAIN: Word("弃权", "abstain"),
    Value.ABSENT: Word("缺席", "absent"),
}


class AnswerForm(forms.Form):
    """One of several answers, and a comment, which whoever does not agree has to write."""

    def clean(self) -> dict[str, Any]:
        """Refusing and returning are given their grounds."""
        given: dict[str, Any] = super().clean() or {}
        if given.get("value") in ENDS and not given.get("comment"):
            self.add_error("comment", say("不同意或退回时请写明意见", "say why you refuse or return it"))
        return given


def answer_form(values: Iterable[Value]) -> type[forms.Form]:
    """A form with these answers to choose from."""
    choices = [(value.value, say(WORDS[value].zh, WORDS[value].en)) for value in values]
    fields = {
        "value": forms.ChoiceField(label=say("意见", "answer"), choices=choices, widget=forms.RadioSelect),
        "comment": _comment(),
    }
    return type("AnswerForm", (AnswerForm,), fields)


def score_form() -> type[forms.Form]:
    """A form with points."""
    fields = {
        "score": forms.DecimalField(label=say("评分", "points"), max_digits=8, decimal_places=2),
        "comment": _comment(),
    }
    return type("ScoreForm", (forms.Form,), fields)


def _comment() -> forms.CharField:
    return forms.CharField(
        label=say("说明", "comment"), required=False, max_length=_LONGEST, widget=forms.Textarea(attrs={"rows": 3})
    )
