"""Changing the vault's key (更换密钥): whatever an older key encrypted is encrypted under the current one.

Only when this has done everything may an older line be taken out of the key file.
"""

from collections.abc import Iterator
from datetime import datetime

from django.apps import apps
from django.db import transaction

from yiheng.site.base.audit.chain import write
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.vault import keys
from yiheng.site.base.vault.field import SealedText
from yiheng.site.base.vault.keys import Ring
from yiheng.site.base.vault.seal import closed, opened

_BATCH = 500


def seal_anew(now: datetime) -> int:
    """Encrypt everything under the current key, in batches; how many texts were. A repeat goes on where it stopped."""
    ring = keys.read()
    done = 0
    for field in _fields():
        while count := _some_of(field, ring, now):
            done += count
    return done


@transaction.atomic
def _some_of(field: SealedText, ring: Ring, now: datetime) -> int:
    table = field.model._base_manager
    old = table.select_for_update(of=("self",)).exclude(**{field.attname: None})
    old = old.exclude(**{f"{field.attname}__startswith": f"{ring.current.id}:"})
    rows = list(old.order_by("pk").values_list("pk", field.attname)[:_BATCH])
    for number, box in rows:
        text = opened(box, field.where, ring)
        table.filter(pk=number).update(**{field.attname: closed(text, field.where, ring.current)})
    return _written(field.where, len(rows), ring, now)


def _written(what: str, count: int, ring: Ring, now: datetime) -> int:
    if count:
        write(None, "vault.seal_anew", Of(what), now, count=count, key=ring.current.id)
    return count


def _fields() -> Iterator[SealedText]:
    """Every sealed field of every table that has it itself."""
    for model in apps.get_models():
        yield from (each for each in model._meta.local_fields if isinstance(each, SealedText))
