"""Opening a sealed text (查阅受保护信息): nothing is shown before the look, with its reason, is in the audit."""

from collections.abc import Iterable
from datetime import datetime

from django.db import models, transaction

from yiheng.base.refusal import shown
from yiheng.base.words import Word
from yiheng.site.base.audit.looks import look, refusals
from yiheng.site.base.identity import demand_none
from yiheng.site.base.places.models import Place
from yiheng.site.base.places.roles import Role
from yiheng.site.base.places.standing import Actor
from yiheng.site.base.refused import NotDone
from yiheng.site.base.vault import keys
from yiheng.site.base.vault.seal import Box, opened

_SHORTEST = 4
_LONGEST_REASON = 200


class Kept(NotDone):
    """A look that the vault does not give."""

    @classmethod
    def elsewhere(cls) -> "Kept":
        """The asker has no post for it at the institution of the record."""
        return cls(
            "vault_place",
            Word("您在该机构没有可查阅此信息的岗位", "you have no post at its institution that may look at this"),
        )

    @classmethod
    def without_reason(cls) -> "Kept":
        """No reason, or one too short to say anything."""
        return cls(
            "vault_reason",
            Word(f"请填写查阅理由（不少于{_SHORTEST}字）", f"say why, in at least {_SHORTEST} characters"),
        )


def text_of(
    actor: Actor, item: models.Model, field: str, place: Place, roles: Iterable[Role], reason: str, now: datetime
) -> str | None:
    """The text in an item's `SealedText` field, for whoever holds one of `roles` at `place`; None where it is empty.

    Whoever has opened the item by break-glass holds such a post anywhere. It is not to be called inside a transaction:
    what is shown must be in the audit whatever comes after. Raises Kept.
    """
    with refusals(actor.own, "look.vault", item, now):
        _demand(actor, item, place, roles, reason)
    with transaction.atomic(durable=True):
        box: Box | None = getattr(item, field)
        its = item._meta.get_field(field)
        text = None if box is None else opened(box, its.where, keys.read())
        look(actor, "vault", item, now, kinds=[field], reason=shown(" ".join(reason.split()), _LONGEST_REASON))
    return text


def _demand(actor: Actor, item: models.Model, place: Place, roles: Iterable[Role], reason: str) -> None:
    codes = {role.code for role in roles}
    own = {post.role for post in actor.own.posts}
    held = (post for standing in actor for post in standing.posts if post.role in codes)
    is_opened = item.pk in actor.own.opened and not own.isdisjoint(codes)
    if not is_opened and not any(place.path in post.above for post in held):
        raise Kept.elsewhere()
    if len("".join(reason.split())) < _SHORTEST:
        raise Kept.without_reason()
    demand_none(reason)
