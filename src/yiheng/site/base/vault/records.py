"""Keeping and opening what the vault has of a patient (患者信息): nothing is shown before the look is in the audit."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import models, transaction

from yiheng.base.refusal import shown
from yiheng.base.words import Word
from yiheng.site.base.audit.chain import write
from yiheng.site.base.audit.looks import look, refusals
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.places.models import Place
from yiheng.site.base.places.roles import Role
from yiheng.site.base.places.standing import Actor, Standing
from yiheng.site.base.refused import NotDone
from yiheng.site.base.vault import keys
from yiheng.site.base.vault.models import PatientRef, Sealed
from yiheng.site.base.vault.seal import Box, blind, closed, opened

NAME, RECORD_NUMBER = "name", "record_number"
_PATIENT = "vault.patient"
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
        return cls("vault_reason", Word("请填写查阅理由（不少于4字）", f"say why, in at least {_SHORTEST} characters"))


def keep(
    standing: Standing | None, pseudonym: str, place: Place, texts: Mapping[str, str], now: datetime
) -> PatientRef:
    """Keep texts of a patient (kind -> text) at an institution; a kind that is there is replaced."""
    ring = keys.read()
    with transaction.atomic():
        patient, _ = PatientRef.objects.get_or_create(pseudonym=pseudonym, place=place, defaults={"made_at": now})
        for kind, text in sorted(texts.items()):
            row = row_of(patient, kind, text, ring.current) | {"sealed_at": now}
            Sealed.objects.update_or_create(patient=patient, kind=kind, defaults=row)
        write(standing, "vault.keep", Of(_PATIENT, str(patient.pk)), now, kinds=sorted(texts))
    return patient


def texts_of(
    actor: Actor,
    patient: PatientRef,
    kinds: Iterable[str],
    roles: Iterable[Role],
    reason: str,
    now: datetime,
    item: models.Model | None = None,
) -> dict[str, str]:
    """A patient's texts by kind, for whoever holds one of `roles` at the patient's institution; the look is kept first.

    - item: one of this patient's, where the asker has opened it by break-glass: then a post anywhere does

    It is not to be called inside a transaction: what is shown must be in the audit whatever comes after. Raises Kept.
    """
    of, asked = Of(_PATIENT, str(patient.pk)), sorted(kinds)
    with refusals(actor.own, "look.vault", of, now):
        _demand(actor, patient.place, roles, reason, item if item is not None and _is_of(item, patient) else None)
    ring = keys.read()
    with transaction.atomic(durable=True):
        rows = list(patient.sealed.filter(kind__in=asked))
        texts = {row.kind: opened(Box(row.key, bytes(row.box)), where(patient, row.kind), ring) for row in rows}
        glass = {"glass": True, "item": item.pk} if item is not None and item.pk in actor.own.opened else {}
        look(actor, "vault", of, now, kinds=sorted(texts), reason=_shown(reason), **glass)
    return texts


def text_of(
    actor: Actor, item: models.Model, field: str, place: Place, roles: Iterable[Role], reason: str, now: datetime
) -> str | None:
    """The text in an item's `SealedText` field, likewise; None where the field is empty."""
    with refusals(actor.own, "look.vault", item, now):
        _demand(actor, place, roles, reason, item)
    with transaction.atomic(durable=True):
        box: Box | None = getattr(item, field)
        its = item._meta.get_field(field)
        text = None if box is None else opened(box, its.where, keys.read())
        look(actor, "vault", item, now, kinds=[field], reason=_shown(reason))
    return text


def found(
    actor: Actor, kind: str, text: str, place: Place, roles: Iterable[Role], reason: str, now: datetime
) -> list[PatientRef]:
    """The patients of an institution with exactly this text; that it was searched is kept, not what for."""
    of = Of(_PATIENT)
    with refusals(actor.own, "look.vault_search", of, now):
        _demand(actor, place, roles, reason)
    ring = keys.read()
    with transaction.atomic(durable=True):
        blinds = [blind(text, kind, key) for key in ring.keys]
        hits = list(PatientRef.objects.filter(place=place, sealed__kind=kind, sealed__blind__in=blinds).order_by("pk"))
        look(actor, "vault_search", of, now, kinds=[kind], count=len(hits), reason=_shown(reason))
    return hits


def _demand(actor: Actor, place: Place, roles: Iterable[Role], reason: str, item: models.Model | None = None) -> None:
    codes = {role.code for role in roles}
    own = {post.role for post in actor.own.posts}
    held = (post for standing in actor for post in standing.posts if post.role in codes)
    is_opened = item is not None and item.pk in actor.own.opened and not own.isdisjoint(codes)
    if not is_opened and not any(place.path in post.above for post in held):
        raise Kept.elsewhere()
    if len("".join(reason.split())) < _SHORTEST:
        raise Kept.without_reason()


def _is_of(item: models.Model, patient: PatientRef) -> bool:
    """Whether a field of the item leads to the patient."""
    links = (each for each in item._meta.concrete_fields if each.related_model is PatientRef)
    return any(getattr(item, each.attname) == patient.pk for each in links)


def row_of(patient: PatientRef, kind: str, text: str, key: keys.Key) -> dict[str, str | bytes]:
    """The encrypted columns of a patient's text."""
    box = closed(text, where(patient, kind), key)
    return {"key": key.id, "box": box.data, "blind": blind(text, kind, key)}


def where(patient: PatientRef, kind: str) -> str:
    """Where a text belongs: an encrypted text that was moved to another patient does not open."""
    return f"vault.{patient.pk}.{kind}"


def _shown(reason: str) -> str:
    """The reason as the audit keeps it: on one line, identity numbers masked."""
    return shown(" ".join(reason.split()), _LONGEST_REASON)
