"""The outsider's door (外部查询): a number and a code let in to one item."""

from http import HTTPStatus

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from yiheng.base.words import Word
from yiheng.site.base.accounts import tries
from yiheng.site.base.outsiders.door import knock
from yiheng.site.base.pages.asking import DOOR, now_of
from yiheng.site.base.pages.gate import note

_WRONG = Word("编号或查询码不对，或已过期", "the number or the code is wrong, or has ended")


@login_not_required
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def door(request: HttpRequest) -> HttpResponse:
    """Ask for a number and a code, and let in."""
    if request.method != "POST":
        return render(request, "site/door.html")
    number, code = request.POST.get("number", ""), request.POST.get("code", "")
    now = now_of(request)
    opened = knock(number[:64], code[:64], request.META.get("REMOTE_ADDR", ""), now)
    if opened.code is None:
        status = HTTPStatus.FORBIDDEN if opened.heard else HTTPStatus.TOO_MANY_REQUESTS
        text = _WRONG if opened.heard else tries.too_many(now)
        return render(request, "site/door.html", {"text": text, "number": number}, status=status)
    request.session.cycle_key()
    request.session[DOOR] = opened.code.pk
    note(request, now)
    return redirect("item", opened.code.item_id)
