"""The table of files (附件)."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from yiheng.site.base.texts import say


class File(models.Model):
    """A file that somebody uploaded (附件); its content lies outside the database, under its digest.

    - purpose: what it is for, as a step asks for it; kind: what its content is (`kinds`)
    - item, act: whose it is since an act took it; null: only its owner's
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="files", verbose_name=say("上传人", "uploaded by")
    )
    purpose = models.CharField(say("用途", "purpose"), max_length=64)
    name = models.CharField(say("文件名", "file name"), max_length=128)
    kind = models.CharField(say("格式", "kind"), max_length=16)
    size = models.BigIntegerField(say("字节数", "bytes"))
    digest = models.CharField(say("摘要", "digest"), max_length=64)
    made_at = models.DateTimeField(say("上传时间", "uploaded at"))
    item = models.ForeignKey("flow.Item", models.PROTECT, null=True, related_name="files")
    act = models.ForeignKey("flow.Act", models.PROTECT, null=True, related_name="files")

    class Meta:
        verbose_name = say("附件", "file")
        ordering = ("pk",)
        constraints = (
            models.CheckConstraint(
                condition=Q(item=None, act=None) | Q(item__isnull=False, act__isnull=False), name="file_taken_whole"
            ),
        )
        indexes = (models.Index(fields=("digest",)),)

    def __str__(self) -> str:
        return self.name
