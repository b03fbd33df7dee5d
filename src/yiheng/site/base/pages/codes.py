"""Query codes (查询码): made for the outsider of an item by whoever acts for its sender, and shown this once."""

from datetime import datetime, time, timedelta

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import make_aware
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from yiheng.base.words import Word
from yiheng.site.base.audit.looks import look
from yiheng.site.base.identity import SAID, has_number
from yiheng.site.base.outsiders.door import make_code
from yiheng.site.base.pages.asking import actor_for, now_of
from yiheng.site.base.pages.filling import dress
from yiheng.site.base.pages.showing import Shown, shown
from yiheng.site.base.party import Author, Outsider
from yiheng.site.base.texts import pick, say

_OFFERED, _LONGEST = timedelta(days=30), timedelta(days=366)
_NO_NUMBER = Word("事项还没有编号，提交后才能发查询码", "the item has no number yet; a code is made after it was sent")


class CodeForm(forms.Form):
    """For whom, until when."""

    name = forms.CharField(label=say("查询人", "for whom"), max_length=64)
    until = forms.DateField(label=say("有效期至", "valid until"))

    def clean_name(self) -> str:
        """As `make_code` takes it."""
        name: str = self.cleaned_data["name"]
        if has_number(name):
            raise forms.ValidationError(pick(SAID))
        return name


def may_make(its: Shown) -> bool:
    """Whether the reader acts for the sender of an item that an outsider may see."""
    outside, author = set(Outsider().terms), set(Author().terms)
    if not its.whole or not any(outside & set(sight.who.terms) for sight in its.flow.sights):
        return False
    steps = [step for step in its.flow.steps if step.begins or author & set(step.who.terms)]
    standings = [each for each in its.actor.in_flow(its.flow.code) if not each.items]
    return any(step.who.holds(standing, its.facts.concerned) for step in steps for standing in standings)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def item_code(request: HttpRequest, number: int) -> HttpResponse:
    """Make a code; 404 for whoever may not."""
    actor, now = actor_for(request), now_of(request)
    its = shown(number, actor)
    if not may_make(its):
        raise Http404
    form = CodeForm(request.POST if request.method == "POST" else None, initial={"until": (now + _OFFERED).date()})
    for field in form.fields.values():
        dress(field)
    context = {"its": its, "item": its.item, "flow": its.flow, "title": its.title(), "form": form}
    if not its.item.number:
        return render(request, "site/code.html", context | {"said": _NO_NUMBER}, status=422)
    if request.method != "POST":
        return render(request, "site/code.html", context)
    if not form.is_valid() or not _in_time(form, now):
        return render(request, "site/code.html", context, status=422)
    until = make_aware(datetime.combine(form.cleaned_data["until"], time.max))
    code = make_code(its.item, form.cleaned_data["name"], until)
    look(actor, "code", its.item, now)
    made = {"code": "-".join(code[place : place + 4] for place in range(0, len(code), 4)), "until": until}
    return render(request, "site/code.html", context | made | {"name": form.cleaned_data["name"]})


def _in_time(form: CodeForm, now: datetime) -> bool:
    """Whether the code ends in the year to come; if not, the form says so."""
    if now.date() <= form.cleaned_data["until"] <= (now + _LONGEST).date():
        return True
    form.add_error("until", str(say("须在今天之后的一年以内", "within the year to come")))
    return False
