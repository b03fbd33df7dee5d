"""A sealed text of a service: a box in the table, dots everywhere else."""

import base64
from collections.abc import Iterator

import pytest
from django.db import connection, models
from django.test.utils import isolate_apps

from yiheng.base.refusal import Refusal
from yiheng.site.base.audit.models import Look
from yiheng.site.base.places.roles import DOCTOR
from yiheng.site.base.vault import anew, keys
from yiheng.site.base.vault.field import Plain, SealedText
from yiheng.site.base.vault.opening import Kept, text_of
from yiheng.site.base.vault.seal import Box

from ..town import NOW, make_person, make_town

PHONE = "1380000 小王"


@pytest.fixture
def complaint(transactional_db: None) -> Iterator[type[models.Model]]:  # noqa: ARG001 (the tables)
    """A table with a sealed contact."""
    with isolate_apps("site_small"):

        class Complaint(models.Model):
            flow = "complaint"
            contact = SealedText()

            class Meta:
                app_label = "site_small"

        with connection.schema_editor() as editor:
            editor.create_model(Complaint)
        yield Complaint
        with connection.schema_editor() as editor:
            editor.delete_model(Complaint)


def test_the_table_has_a_box_and_only_a_look_opens_it(complaint: type[models.Model]) -> None:
    town = make_town()
    made = complaint.objects.create(contact=Plain(PHONE))
    with connection.cursor() as cursor:
        cursor.execute("SELECT contact FROM site_small_complaint")
        raw = cursor.fetchone()[0]
    assert raw.startswith(f"{keys.read().current.id}:")
    assert PHONE.encode() not in base64.b64decode(raw.split(":")[1])
    item = complaint.objects.get(pk=made.pk)
    assert (type(item.contact), str(item.contact)) == (Box, "•••")
    text = text_of(town.actor("dan"), item, "contact", town.east, (DOCTOR,), "回访投诉人", NOW)
    assert text == PHONE
    row = Look.objects.get()
    assert (row.action, row.kind, row.detail["kinds"]) == ("look.vault", "complaint", ["contact"])
    with pytest.raises(Kept):
        text_of(town.actor("wei"), item, "contact", town.east, (DOCTOR,), "回访投诉人", NOW)
    town.people["far"] = make_person("far", ("doctor", town.west))
    with pytest.raises(Kept):
        text_of(town.actor("far"), item, "contact", town.east, (DOCTOR,), "回访投诉人", NOW)


def test_saving_again_keeps_the_box_and_none_is_none(complaint: type[models.Model]) -> None:
    made = complaint.objects.create(contact=Plain(PHONE))
    item = complaint.objects.get(pk=made.pk)
    before = item.contact
    item.save()
    assert complaint.objects.get(pk=made.pk).contact == before
    assert complaint.objects.get(pk=complaint.objects.create().pk).contact is None


def test_another_key_encrypts_it_anew(complaint: type[models.Model], monkeypatch: pytest.MonkeyPatch) -> None:
    town = make_town()
    made, _ = complaint.objects.create(contact=PHONE), complaint.objects.create()
    field = complaint._meta.get_field("contact")
    monkeypatch.setattr(anew, "_fields", lambda: [field])
    new = keys.add()
    assert (anew.seal_anew(NOW), anew.seal_anew(NOW)) == (1, 0)
    keys.path().write_text(keys.path().read_text().splitlines(keepends=True)[1])
    item = complaint.objects.get(pk=made.pk)
    assert item.contact.key == new
    assert text_of(town.actor("dan"), item, "contact", town.east, (DOCTOR,), "回访投诉人", NOW) == PHONE


def test_a_box_of_another_column_does_not_open(complaint: type[models.Model]) -> None:
    from yiheng.site.base.vault.seal import closed, opened

    box = closed(PHONE, "other.contact", keys.read().current)
    with pytest.raises(Refusal):
        opened(box, complaint._meta.get_field("contact").where, keys.read())


def test_a_form_takes_a_text_and_shows_none() -> None:
    field = SealedText().formfield()
    typed = field.clean(PHONE)
    assert (str(typed), repr(typed), field.clean("")) == ("•••", "Plain(•••)", None)
    assert field.prepare_value(Box("00112233", b"x")) == ""
    assert field.prepare_value("typed now") == "typed now"
