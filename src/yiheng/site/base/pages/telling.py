"""Notices (通知): what the reader was told; a notice leads to its item, if that is still seen."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from yiheng.site.base.notices import reading
from yiheng.site.base.notices.models import Notice
from yiheng.site.base.pages.asking import actor_for, now_of
from yiheng.site.base.pages.attaching import number_of
from yiheng.site.base.pages.paging import Page, Rows, page_asked

_PAGE = 25


@require_safe
def notices_page(request: HttpRequest) -> HttpResponse:
    """The reader's notices, the last first."""
    told = reading.notices(actor_for(request).person)
    page: Page[Notice] = page_asked(Rows(told), request.GET.get("page", ""), _PAGE)
    return render(request, "site/notices.html", {"page": page})


@require_POST
def notices_read(request: HttpRequest) -> HttpResponse:
    """Mark the reader's own notices as read."""
    numbers = [number for text in request.POST.getlist("notice") if (number := number_of(text)) is not None]
    reading.mark_read(actor_for(request).person, numbers, now_of(request))
    return redirect("notices")
