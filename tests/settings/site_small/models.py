"""An errand: from whom to whom, how much, and a note that few may read."""

from django.db import models

from yiheng.site.base.accounts.models import Person
from yiheng.site.base.fields import Fen
from yiheng.site.base.flow.models import Item
from yiheng.site.base.places.models import Place
from yiheng.site.base.texts import say


class Errand(Item):
    sender = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name=say("派出机构", "from"))
    receiver = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name=say("接收机构", "to"))
    owner = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=say("承办人", "owner")
    )
    subject = models.CharField(say("事由", "subject"), max_length=100)
    amount = Fen(say("金额", "amount"), default=0)
    note = models.TextField(say("备注", "note"), blank=True)

    class Meta:
        verbose_name = say("差事", "errand")
