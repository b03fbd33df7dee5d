"""Who reads the audit (审计查阅): auditors and security officers, of what was done in the places of their posts."""

from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from yiheng.site.base.audit.models import Entry, Look
from yiheng.site.base.places.roles import AUDITOR, SECURITY
from yiheng.site.base.places.standing import Actor

_Row = TypeVar("_Row", bound=Model)
READERS = (AUDITOR, SECURITY)
# The path of the root has one code, between two slashes.
_ROOT = 2


def entries(actor: Actor) -> "QuerySet[Entry]":
    """The entries that the actor may read, the last first."""
    return _within(Entry.objects.order_by("-seq"), actor)


def looks(actor: Actor) -> "QuerySet[Look]":
    """The looks and refusals that the actor may read, the last first."""
    return _within(Look.objects.order_by("-pk"), actor)


def _within(rows: "QuerySet[_Row]", actor: Actor) -> "QuerySet[_Row]":
    """Rows of whoever acted in a place that lies in one of the reader's own posts; a lent post reads no audit.

    At the root of the tree everything is read, also what the site itself did and what somebody without a post tried.
    """
    paths = [held.path for held in actor.own.posts if held.role in {role.code for role in READERS}]
    if any(path.count("/") == _ROOT for path in paths):
        return rows
    found = Q(pk__in=())
    for path in paths:
        found |= Q(institution__startswith=path)
    return rows.filter(found)
