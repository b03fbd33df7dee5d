"""Files that come with a form (附件上传), and giving them to whoever sees their item."""

from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

from yiheng.site.base.accounts.models import Person
from yiheng.site.base.audit.looks import look
from yiheng.site.base.files.giving import download, readable
from yiheng.site.base.files.keeping import keep
from yiheng.site.base.files.models import File
from yiheng.site.base.files.refused import NotYours
from yiheng.site.base.flow.declare import FilesAsked, Step
from yiheng.site.base.flow.models import Item
from yiheng.site.base.pages.asking import actor_for, now_of
from yiheng.site.base.pages.gate import for_outsiders
from yiheng.site.base.pages.showing import shown
from yiheng.site.base.places.standing import Actor
from yiheng.site.base.refused import NotDone
from yiheng.site.base.texts import pick

_DIGITS = 18


def number_of(text: str) -> int | None:
    """A whole number of a form's hidden field; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None


def taken_in(request: HttpRequest, step: Step) -> tuple[tuple[int, ...], list[str]]:
    """The numbers of the files that came with a form, now or before; what is wrong with those not kept."""
    texts = request.POST.getlist("files")
    kept = [number for text in texts if (number := number_of(text)) is not None]
    wrong: list[str] = []
    for asked in step.files:
        for upload in request.FILES.getlist(f"file.{asked.kind}"):
            try:
                kept.append(_keep(request, asked, upload).pk)
            except NotDone as why:
                wrong.append(pick(why.text))
    return tuple(kept), wrong


def _keep(request: HttpRequest, asked: FilesAsked, upload: object) -> File:
    owner = Person.objects.get(pk=actor_for(request).person)
    now = now_of(request)
    return keep(owner, asked.kind, upload.name, upload.chunks(), asked.types, asked.largest, now)  # type: ignore[attr-defined]


def offered_names(actor: Actor, numbers: tuple[int, ...]) -> list[File]:
    """The asker's own files among these, which no act has taken yet."""
    return list(File.objects.filter(pk__in=numbers, owner=actor.person, act=None))


@for_outsiders
@require_safe
def file_page(request: HttpRequest, number: int) -> FileResponse:
    """A file, to be saved; 404 for whoever does not see its item whole, or not files of its kind."""
    actor = actor_for(request)
    try:
        file = readable(number, actor.person, lambda item: _sees(item, actor, number))
    except NotYours:
        raise Http404 from None
    if file.item is not None:
        look(actor, "file", file.item, now_of(request), file=file.pk)
    return download(file)


def _sees(item: Item, actor: Actor, file: int) -> bool:
    try:
        its = shown(item.pk, actor)
    except Http404:
        return False
    return its.seen.files(its.flow, File.objects.values_list("purpose", flat=True).get(pk=file))
