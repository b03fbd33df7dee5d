"""The proof of the files (附件核验): every content that is kept is there and has the digest it was kept under."""

from collections.abc import Iterator

from yiheng.base.words import Word
from yiheng.site.base.files.keeping import is_whole
from yiheng.site.base.files.models import File


def torn() -> Iterator[File]:
    """The files whose content is gone or was changed; each content is read once, in pieces."""
    digest, is_good = "", True
    for file in File.objects.order_by("digest", "pk").iterator(chunk_size=2000):
        if file.digest != digest:
            digest, is_good = file.digest, is_whole(file)
        if not is_good:
            yield file


def said(file: File) -> Word:
    """A torn file in one line: by its numbers, never by its name."""
    of = Word(f"，事项 {file.item_id}", f" of item {file.item_id}") if file.item_id else Word("", "")
    return Word(
        f"附件 {file.pk}{of.zh}：内容缺失或已被改动", f"file {file.pk}{of.en}: its content is gone or was changed"
    )
