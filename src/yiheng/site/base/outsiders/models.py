"""The table of query codes (查询码)."""

from django.conf import settings
from django.db import models

from yiheng.site.base.flow.models import Item
from yiheng.site.base.texts import say


class QueryCode(models.Model):
    """A code that opens one item to one outsider (查询码); only its digest is kept.

    - person: the outsider in acts and in the audit; an account that cannot sign in, made with the code
    """

    item = models.ForeignKey(Item, models.PROTECT, related_name="query_codes")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField(say("有效期至", "valid until"))
