"""Every flow's items and acts as a run of DATA: exact, without names, found and read by the engine."""

from datetime import timedelta
from pathlib import Path

import pytest
from site_small.flow import ERRAND

from yiheng.base.progress import Silent
from yiheng.base.refusal import Refusal
from yiheng.site.base.flow.models import Act
from yiheng.site.base.flow.publishing import copy_out, publish
from yiheng.site.base.flow.registry import flows
from yiheng.site.base.flow.tables import acts_contract, items_contract, items_table
from yiheng.site.base.places.models import Place
from yiheng.site.region.referral.flow import REFERRAL
from yiheng.site.region.referral.models import Referral
from yiheng.tables.engine import engine
from yiheng.tables.runs import read_run

from ..town import NOW, Town


def test_a_run_has_two_tables_of_every_flow(town: Town, tmp_path: Path) -> None:
    item = town.sent()
    run = publish(tmp_path, NOW + timedelta(days=2), Silent())
    assert run.folder.parent == tmp_path / "results" / "services"
    assert set(run.digests) == {f"{code}_{kind}" for code in flows() for kind in ("items", "acts")}
    assert run.inputs.commit == 0
    assert run.inputs.parameters["as_of"] == "2026-03-04T09:00:00+08:00"
    assert run.inputs.parameters["flows"]["errand"] == ERRAND.version
    assert read_run(run.folder) == run
    assert run.table("errand_items").select(["item", "state", "days", "sender", "amount"]).to_pylist() == [
        {"item": item.pk, "state": "sent", "days": 2.0, "sender": "E", "amount": 9000}
    ]
    assert run.table("errand_items").schema.equals(items_contract(ERRAND).schema)
    assert run.table("errand_acts").schema.equals(acts_contract(ERRAND).schema)
    assert publish(tmp_path, NOW + timedelta(days=2), Silent()).id == run.id
    assert publish(tmp_path, NOW + timedelta(days=3), Silent()).id != run.id


def test_the_engine_reads_it(town: Town, tmp_path: Path) -> None:
    for _ in range(2):
        town.sent()
    town.begin()
    run = publish(tmp_path, NOW, Silent())
    with engine() as backend:
        items = backend.read_parquet(str(run.path("errand_items")))
        acts = backend.read_parquet(str(run.path("errand_acts")))
        by_state = items.group_by("state").agg(n=items.count(), fen=items.amount.sum()).order_by("state")
        joined = acts.join(items.select("item", "state"), "item").filter(acts.step == "send").count()
        assert by_state.to_pyarrow().to_pylist() == [
            {"state": "draft", "n": 1, "fen": 9000},
            {"state": "sent", "n": 2, "fen": 18000},
        ]
        assert joined.to_pyarrow().as_py() == 2
    assert Act.objects.count() == 5


def test_a_patient_is_there_as_a_pseudonym_or_not_at_all(town: Town) -> None:
    pseudonym = f"p-{'0123456789abcdef' * 2}"
    for patient in (pseudonym, "张三", f"{pseudonym} "):
        _referral(town, patient)
    table = items_table(REFERRAL, NOW)
    assert table["patient"].to_pylist() == [pseudonym, None, None]
    hidden = set(REFERRAL.tag_of) | set(REFERRAL.sealed)
    assert hidden & set(table.column_names) == {"patient"}
    assert "张三" not in str(table.to_pylist())


def test_free_text_is_not_published_unless_the_flow_lists_it() -> None:
    names = {code: set(items_contract(flow).schema.names) for code, flow in flows().items()}
    assert {"contact", "slip", "location", "license_number", "contract_number"} & set().union(*names.values()) <= {
        "slip"
    }
    assert {"name", "code", "amount", "method"} <= names["procurement"]
    assert not {"patient_name", "phone", "diagnosis", "summary", "consent"} & names["referral"]


def _referral(town: Town, patient: str) -> None:
    east, west = (Place.objects.get(code=code) for code in "EW")
    made = Referral.objects.create(
        flow="referral", definition=REFERRAL.version, state="draft", author=town.people["dan"], made_at=NOW,
        changed_at=NOW, direction="up", sender=east, receiver=west, subject="03", grounds=["beyond"], patient=patient,
        diagnosis="I10", summary="张三病情",
    )  # fmt: skip
    Referral.objects.filter(pk=made.pk).update(matter=made.pk)


def test_a_copy_is_whole_and_takes_the_place_of_nothing(town: Town, tmp_path: Path) -> None:
    town.begin()
    run = publish(tmp_path / "data", NOW, Silent())
    copy_out(run, tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {path.name for path in run.folder.iterdir()}
    assert (tmp_path / "out" / "run.json").read_bytes() == (run.folder / "run.json").read_bytes()
    with pytest.raises(Refusal, match="is there already"):
        copy_out(run, tmp_path / "out")
    with pytest.raises(Refusal, match="no such folder"):
        copy_out(run, tmp_path / "none" / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "out"]
