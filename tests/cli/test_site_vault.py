"""`yiheng site key` and `reseal`: what an older key of the vault encrypted is encrypted under the newest."""

from datetime import date
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings
from typer.testing import CliRunner

from yiheng.cli import site
from yiheng.site.base.accounts.models import Person
from yiheng.site.base.audit.models import Entry
from yiheng.site.base.places.models import Place
from yiheng.site.base.vault import keys
from yiheng.site.base.vault.field import Plain
from yiheng.site.base.vault.seal import opened
from yiheng.site.region.referral.models import Referral

pytestmark = pytest.mark.django_db


def run(name: str, data: Path) -> str:
    done = CliRunner().invoke(site.app, [name, "--dir", str(data)])
    assert done.exit_code == 0, done.exception
    return done.stdout


def boxes() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT patient_name, phone FROM {Referral._meta.db_table}")
        return [box for row in cursor.fetchall() for box in row]


def test_texts_of_an_older_key_are_sealed_anew(tmp_path: Path, settings: Settings) -> None:
    settings.VAULT_KEYS = tmp_path / "vault.keys"
    settings.MEDIA_ROOT = tmp_path / "uploads"
    first = run("key", tmp_path)[:8]
    city = Place.objects.create(code="99", name="市", kind="region", path="/99/", start=date(2025, 1, 1))
    author, at = Person.objects.create_user("dan", name="丹"), timezone.now()
    made = {"flow": "referral", "definition": 1, "state": "draft", "version": 1, "number": "R1", "author": author}
    made |= {"matter_id": 1, "made_at": at, "changed_at": at, "sender": city, "receiver": city, "subject": "03"}
    item = Referral.objects.create(**made, patient="p-1", patient_name=Plain("甲某"), phone=Plain("1380000"))
    before = boxes()
    assert [box[:9] for box in before] == [f"{first}:"] * 2
    assert (run("reseal", tmp_path), boxes()) == ("0 texts\n", before)

    second = run("key", tmp_path)[:8]
    assert run("reseal", tmp_path) == "2 texts\n"
    assert [box[:9] for box in boxes()] == [f"{second}:"] * 2
    assert sorted(Entry.objects.filter(action="vault.seal_anew").values_list("detail__count", "detail__key")) == [
        (1, second),
        (1, second),
    ]
    assert run("reseal", tmp_path) == "0 texts\n"
    keys.path().write_text(keys.path().read_text().splitlines(keepends=True)[1])
    item.refresh_from_db()
    places = [Referral._meta.get_field(name).where for name in ("patient_name", "phone")]
    texts = [
        opened(box, where, keys.read()) for box, where in zip((item.patient_name, item.phone), places, strict=True)
    ]
    assert texts == ["甲某", "1380000"]
