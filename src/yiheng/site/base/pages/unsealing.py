"""Opening a sealed text (查阅受保护信息): a reason first, the look in the audit, then the text, on this one answer."""

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from yiheng.base.words import Word
from yiheng.site.base.flow.declare import Keeper
from yiheng.site.base.pages import showing
from yiheng.site.base.pages.asking import actor_for, now_of
from yiheng.site.base.places.standing import Actor
from yiheng.site.base.refused import NotDone
from yiheng.site.base.vault.opening import text_of


@dataclass(frozen=True)
class Box:
    """A sealed field of an item: its name and label, whether something is in it."""

    name: str
    label: str
    is_filled: bool


def boxes(its: showing.Shown) -> list[Box]:
    """The sealed fields that the reader sees there are."""
    seen = (name for name in its.flow.sealed if its.seen.field(its.flow, name))
    meta = its.flow.model._meta
    return [Box(name, str(meta.get_field(name).verbose_name), getattr(its.item, name) is not None) for name in seen]


@never_cache
@require_POST
def open_box(request: HttpRequest, number: int, name: str) -> HttpResponse:
    """The text in a sealed field, for those who keep it; 404 where the reader does not see that there is one."""
    actor, now = actor_for(request), now_of(request)
    its = showing.shown(number, actor)
    box = next((each for each in boxes(its) if each.name == name), None)
    if box is None:
        raise Http404
    keeper = _keeper(its, name, actor)
    place = getattr(its.item, keeper.field)
    text: str | None = None
    said: Word | None = None
    try:
        reason = request.POST.get("reason", "").replace("\x00", "")
        text = text_of(actor, its.item, name, place, keeper.roles, reason, now)
    except NotDone as why:
        said = why.text
    context = {"box": box, "item": its.item, "text": text, "said": said}
    return render(request, "site/_box.html", context, status=422 if said else 200)


def _keeper(its: showing.Shown, name: str, actor: Actor) -> Keeper:
    """The keeper that the actor is; the first where none is, who then refuses."""
    keepers = its.flow.sealed[name]
    codes = {post.role: post for standing in actor for post in standing.posts}
    fits = (
        keeper
        for keeper in keepers
        for role in keeper.roles
        if role.code in codes and getattr(its.item, keeper.field).path in codes[role.code].above
    )
    return next(fits, keepers[0])
