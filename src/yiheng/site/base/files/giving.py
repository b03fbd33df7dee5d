"""Giving files (附件下载): who may read one, and how it is sent: always to be saved, never to be shown as a page."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.http import FileResponse

from yiheng.site.base.files.keeping import path_of
from yiheng.site.base.files.kinds import KINDS
from yiheng.site.base.files.models import File
from yiheng.site.base.files.refused import NotYours

if TYPE_CHECKING:
    from yiheng.site.base.flow.models import Item


def readable(number: int, person: int | None, sees: "Callable[[Item], bool]") -> File:
    """A file that the person may read: its own before an act took it, then whoever `sees` the item; else NotYours."""
    file = File.objects.select_related("item").filter(pk=number).first()
    if file is None:
        raise NotYours
    allowed = file.owner_id == person if file.item is None else sees(file.item)
    if not allowed:
        raise NotYours
    return file


def download(file: File) -> FileResponse:
    """The file to be saved: sent as the kind that its content has, guessed by no reader, run by none."""
    sent = KINDS[file.kind].sent_as
    response = FileResponse(path_of(file.digest).open("rb"), as_attachment=True, filename=file.name, content_type=sent)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response
