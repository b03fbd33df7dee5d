"""Who asks, and when (请求): the one place where pages and API ask the clock and read the asker's posts."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone

from yiheng.site.base.breakglass.actions import actor_at
from yiheng.site.base.outsiders.door import outsider
from yiheng.site.base.places.standing import Actor

# In a session: what a query code let its holder in to.
DOOR = "door"


def now_of(request: HttpRequest) -> datetime:
    """The moment of the request, one for everything that it asks."""
    if not hasattr(request, "moment"):
        request.moment = timezone.localtime(timezone.now())
    return request.moment


def actor_for(request: HttpRequest) -> Actor:
    """Everything that the asker may act as; read once a request. Raises PermissionDenied for nobody."""
    if not hasattr(request, "actor"):
        request.actor = _actor(request)
    return request.actor


def _actor(request: HttpRequest) -> Actor:
    now = now_of(request)
    if request.user.is_authenticated:
        return actor_at(request.user.pk, now)
    let_in = outsider(request.session.get(DOOR, 0), now)
    if let_in is None:
        raise PermissionDenied
    return let_in
