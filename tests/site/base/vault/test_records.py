"""Patients' texts: encrypted, bound to their row, shown after the look is kept, and only at their institution."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as some

from yiheng.base.refusal import Refusal
from yiheng.site.base.audit.models import Entry, Look
from yiheng.site.base.places.roles import DOCTOR, HEAD
from yiheng.site.base.vault import keys
from yiheng.site.base.vault.anew import seal_anew
from yiheng.site.base.vault.models import PatientRef, Sealed
from yiheng.site.base.vault.records import Kept, found, keep, texts_of
from yiheng.site.base.vault.seal import blind, closed, opened

from ..town import NOW, Town, lend, make_person

pytestmark = pytest.mark.django_db

WHY = "核对患者身份"
TEXTS = {"name": "王小明", "record_number": "ＺY00123"}


@pytest.fixture
def patient(town: Town) -> PatientRef:
    return keep(None, "ab" * 32, town.east, TEXTS, NOW)


def shown(town: Town, name: str, patient: PatientRef, reason: str = WHY) -> dict[str, str]:
    return texts_of(town.actor(name), patient, TEXTS, (DOCTOR,), reason, NOW)


def test_a_doctor_of_the_place_sees_what_was_kept_and_the_look_stays(town: Town, patient: PatientRef) -> None:
    assert shown(town, "dan", patient) == TEXTS
    row = Look.objects.get()
    assert (row.action, row.kind, row.number, row.outcome) == ("look.vault", "vault.patient", str(patient.pk), "seen")
    assert (row.person_id, row.detail) == (town.people["dan"].pk, {"kinds": ["name", "record_number"], "reason": WHY})


@pytest.mark.usefixtures("patient")
def test_the_database_has_none_of_it() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM vault_sealed")
        rows = cursor.fetchall()
    raw = b"".join(
        bytes(each) if isinstance(each, bytes | memoryview) else str(each).encode() for row in rows for each in row
    )
    assert len(rows) == 2
    assert not any(text.encode() in raw for text in ("王小明", "小明", "ＺY00123", "00123"))


@pytest.mark.parametrize("name", ["wei", "lin", "com", "out", "eva"])
def test_nobody_else_sees_it_and_the_refusal_stays(town: Town, patient: PatientRef, name: str) -> None:
    with pytest.raises(Kept) as why:
        shown(town, name, patient)
    assert why.value.code == "vault_place"
    assert Look.objects.get().outcome == "vault_place"


def test_a_doctor_of_another_hospital_or_in_another_role_sees_nothing(town: Town, patient: PatientRef) -> None:
    town.people["far"] = make_person("far", ("doctor", town.west), ("head", town.east))
    with pytest.raises(Kept):
        shown(town, "far", patient)
    assert texts_of(town.actor("far"), patient, ("name",), (HEAD,), WHY, NOW) == {"name": "王小明"}


def test_a_lent_post_looks_in_its_own_name(town: Town, patient: PatientRef) -> None:
    lend(town.people["dan"], town.people["out"])
    assert shown(town, "out", patient) == TEXTS
    assert Look.objects.get().person_id == town.people["out"].pk


@pytest.mark.parametrize("reason", ["", "   ", "查 看", "123"])
def test_without_a_reason_nothing_is_shown(town: Town, patient: PatientRef, reason: str) -> None:
    with pytest.raises(Kept) as why:
        shown(town, "dan", patient, reason)
    assert why.value.code == "vault_reason"
    assert Look.objects.get().outcome == "vault_reason"


def test_an_identity_number_in_a_reason_is_masked(town: Town, patient: PatientRef) -> None:
    shown(town, "dan", patient, "核对 11010519491231002X\n身份")
    assert Look.objects.get().detail["reason"] == "核对 11**************** 身份"


@pytest.mark.django_db(transaction=True)
def test_nothing_is_shown_inside_a_transaction_that_may_be_undone(town: Town, patient: PatientRef) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        shown(town, "dan", patient)


def test_what_is_kept_is_recorded_by_kind_alone(town: Town) -> None:
    patient = keep(town.actor("dan").own, "cd" * 32, town.east, TEXTS, NOW)
    entry = Entry.objects.get(action="vault.keep")
    assert (entry.number, entry.detail) == (str(patient.pk), {"kinds": ["name", "record_number"]})


def test_a_kind_that_is_there_is_replaced(town: Town, patient: PatientRef) -> None:
    again = keep(None, patient.pseudonym, town.east, {"name": "王晓明"}, NOW + timedelta(days=1))
    assert again == patient
    assert shown(town, "dan", patient) == TEXTS | {"name": "王晓明"}


@pytest.mark.parametrize("typed", ["ZY00123", "zy00123", " ＺＹ 00123 "])
def test_an_exact_search_in_any_width_and_case(town: Town, patient: PatientRef, typed: str) -> None:
    keep(None, "ef" * 32, town.west, TEXTS, NOW)
    hits = found(town.actor("dan"), "record_number", typed, town.east, (DOCTOR,), WHY, NOW)
    assert hits == [patient]
    row = Look.objects.get()
    assert (row.action, row.detail) == ("look.vault_search", {"kinds": ["record_number"], "count": 1, "reason": WHY})


@pytest.mark.usefixtures("patient")
def test_a_search_finds_no_part_no_other_kind_and_nothing_elsewhere(town: Town) -> None:
    dan = town.actor("dan")
    assert found(dan, "record_number", "ZY0012", town.east, (DOCTOR,), WHY, NOW) == []
    assert found(dan, "name", "ZY00123", town.east, (DOCTOR,), WHY, NOW) == []
    with pytest.raises(Kept):
        found(dan, "record_number", "ZY00123", town.west, (DOCTOR,), WHY, NOW)


def test_a_box_that_was_moved_to_another_patient_or_changed_does_not_open(town: Town, patient: PatientRef) -> None:
    other = keep(None, "ef" * 32, town.east, {"name": "李四"}, NOW)
    box = other.sealed.get().box
    Sealed.objects.filter(patient=patient, kind="name").update(box=box)
    with pytest.raises(Refusal, match="was changed since it was encrypted"):
        shown(town, "dan", patient)
    Sealed.objects.filter(patient=other).update(box=bytes(box)[:-1] + bytes([bytes(box)[-1] ^ 1]))
    with pytest.raises(Refusal):
        shown(town, "dan", other)
    assert not Look.objects.exists()


def test_a_missing_or_loose_key_is_a_refusal_and_nothing_is_kept(
    town: Town, patient: PatientRef, key_file: Path
) -> None:
    key_file.chmod(0o644)
    with pytest.raises(Refusal, match="others than its owner"):
        shown(town, "dan", patient)
    key_file.unlink()
    with pytest.raises(Refusal, match="no key file"):
        keep(None, "ef" * 32, town.east, TEXTS, NOW)
    assert list(PatientRef.objects.all()) == [patient]


def test_keys_are_changed_without_losing_anything(town: Town, patient: PatientRef, key_file: Path) -> None:
    old = keys.read().current.id
    new = keys.add()
    dan = town.actor("dan")
    assert shown(town, "dan", patient) == TEXTS
    assert found(dan, "name", "王小明", town.east, (DOCTOR,), WHY, NOW) == [patient]
    assert set(Sealed.objects.values_list("key", flat=True)) == {old}
    assert (seal_anew(NOW), seal_anew(NOW)) == (2, 0)
    assert set(Sealed.objects.values_list("key", flat=True)) == {new}
    key_file.write_text(key_file.read_text().splitlines(keepends=True)[1])
    assert shown(town, "dan", patient) == TEXTS
    assert found(dan, "name", "王小明", town.east, (DOCTOR,), WHY, NOW) == [patient]


def test_glass_opens_a_patient_of_that_item_alone(
    town: Town, patient: PatientRef, named: Callable[[PatientRef], object]
) -> None:
    from yiheng.site.base.places.standing import actor_of

    town.people["far"] = make_person("far", ("doctor", town.west))
    item = named(patient)
    actor = actor_of(town.people["far"].pk, NOW.date(), opened=frozenset((item.pk,)))  # type: ignore[attr-defined]
    assert texts_of(actor, patient, TEXTS, (DOCTOR,), WHY, NOW, item) == TEXTS  # type: ignore[arg-type]
    assert Look.objects.get().detail["glass"]
    other = keep(None, "ef" * 32, town.east, TEXTS, NOW)
    with pytest.raises(Kept):
        texts_of(actor, other, TEXTS, (DOCTOR,), WHY, NOW, item)  # type: ignore[arg-type]
    with pytest.raises(Kept):
        texts_of(actor, patient, TEXTS, (HEAD,), WHY, NOW, item)  # type: ignore[arg-type]


@pytest.fixture
def named() -> Callable[[PatientRef], object]:
    """An item of a table that is not there, with a link to a patient."""
    from django.db import models
    from django.test.utils import isolate_apps

    with isolate_apps("site_small"):

        class Visit(models.Model):
            patient = models.ForeignKey(PatientRef, models.PROTECT, related_name="+")
            flow = "visit"

            class Meta:
                app_label = "site_small"

    return lambda patient: Visit(pk=7, patient=patient)


@pytest.mark.property
@given(some.text(max_size=50), some.text(max_size=20))
def test_a_box_gives_back_its_text_where_it_belongs(text: str, place: str) -> None:
    ring = RING
    box = closed(text, place, ring.current)
    assert opened(box, place, ring) == text
    assert str(box) == "•••"
    assert box.data != closed(text, place, ring.current).data
    with pytest.raises(Refusal):
        opened(box, f"{place}x", ring)
    assert blind(text, "name", ring.current) == blind(f" {text}", "name", ring.current)


RING = keys.Ring((keys.Key("00112233", b"k" * 32),))
