"""Places and people from sheets (机构与人员导入): all rows or none; bad rows are given back."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from yiheng.base.words import Word
from yiheng.site.base.pages.administration import administrator_for
from yiheng.site.base.pages.administration_accounts import passwords_page
from yiheng.site.base.pages.asking import now_of
from yiheng.site.base.pages.sheets import HandedIn, blank, hand_in
from yiheng.site.base.places.standing import Actor
from yiheng.site.base.posts.founding import PEOPLE, PLACES, take_people, take_places

_KINDS = {
    "places": (Word("导入机构", "places from a file"), PLACES),
    "people": (Word("导入人员", "people from a file"), PEOPLE),
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def administration_sheet(request: HttpRequest, kind: str) -> HttpResponse:
    """Take a sheet of places, or of people with their posts, whose first passwords are shown this once."""
    actor, now = administrator_for(request), now_of(request)
    if kind not in _KINDS:
        raise Http404
    word, labels = _KINDS[kind]
    handed: HandedIn[dict[str, str]] = HandedIn(None)
    if request.method == "POST":
        handed = hand_in(request, labels, _take(kind, actor, now))
    if handed.taken:
        return passwords_page(request, handed.taken)
    context = {
        "kind": kind, "word": word, "columns": list(labels.values()), "blank": blank(labels), "handed": handed,
        "is_taken": handed.taken is not None,
    }  # fmt: skip
    status = HTTPStatus.OK if handed.said is None else HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "site/administration_sheet.html", context, status=status)


def _take(kind: str, actor: Actor, now: datetime) -> Callable[[Path, str], dict[str, str]]:
    """What takes a sheet of the kind; it gives the passwords of those who are new."""

    def take(path: Path, name: str) -> dict[str, str]:
        if kind == "people":
            return take_people(actor, path, now, name)
        take_places(path, now, actor, name)
        return {}

    return take
