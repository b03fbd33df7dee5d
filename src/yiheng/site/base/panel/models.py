"""The urn (票箱): how often each answer of a secret ballot was given, and nothing that leads back to who gave it."""

from django.db import models

from yiheng.site.base.flow.models import Poll


class Urn(models.Model):
    """A count of equal votes: no row a vote, so that their order says nothing either."""

    poll = models.ForeignKey(Poll, models.PROTECT, related_name="urn")
    value = models.CharField(max_length=16)
    votes = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("poll", "value"), name="urn_once"),)
