"""The daily proof: one job a day; a cell that is not the sum of its records fails it and is told to who answers."""

from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from yiheng.base.words import Word
from yiheng.site.base.jobs import queue
from yiheng.site.base.jobs.models import Job
from yiheng.site.base.jobs.work import Lost, Work
from yiheng.site.base.ledger.declare import Ledger, declare
from yiheng.site.base.ledger.models import Cell
from yiheng.site.base.ledger.units import Unit
from yiheng.site.base.notices.jobkinds import PROVE, daily, prove_all
from yiheng.site.base.notices.models import Notice
from yiheng.site.base.notices.proving import notices, proved
from yiheng.site.base.party import RoleAt
from yiheng.site.base.places.roles import FINANCE

from ..town import Town, make_person

pytestmark = pytest.mark.django_db
AT = RoleAt(FINANCE, "place")
PROVEN = declare(Ledger("test_proven", Word("备用床位", "spare beds"), Unit.BED, keepers=AT))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.FOLDER = tmp_path
    return tmp_path


@pytest.fixture
def kept(town: Town) -> Town:
    """A cell of the east hospital, its keeper, another hospital's, and the region's administrator."""
    posts = {"fin": ("finance", town.east), "oth": ("finance", town.west), "root": ("administrator", town.city)}
    town.people |= {name: make_person(name, post) for name, post in posts.items()}
    Cell.objects.create(ledger=PROVEN.code, key="E", name="东院备用床位", place=town.east, unit="bed", mode="rigid")
    return town


def run() -> Job:
    job = queue.claim(timezone.now())
    assert job is not None
    assert job.kind == PROVE.code
    message = prove_all(Work(job.pk, job.attempt), job.args)
    job.refresh_from_db()
    return job if not message else Job(state="", message=message)


def test_once_a_day(kept: Town) -> None:  # noqa: ARG001
    for _ in range(3):
        daily(timezone.now())
    assert Job.objects.get().key == f"ledger.prove/{timezone.localdate()}"
    assert run().message == "全部相符 / every cell is the sum of its records"
    assert not Notice.objects.exists()


def test_what_differs_fails_the_job_and_is_told_once(kept: Town) -> None:
    Cell.objects.update(approved=100)  # past its records
    assert [(each.column, each.says, each.records_say) for each in proved()[PROVEN.code]] == [("approved", 100, 0)]
    daily(timezone.now())
    job = run()
    assert (job.state, job.message) == (
        "failed",
        "“备用床位”有1个额度与记录不符 / spare beds: 1 cells differ from their records",
    )
    told = {(notice.person.username, notice.zh, notice.item_id, notice.event_id) for notice in Notice.objects.all()}
    assert told == {
        (name, "额度台账“备用床位”与记录不符：东院备用床位，请核查", None, None) for name in ("fin", "root")
    }
    assert kept.people["oth"].pk not in Notice.objects.values_list("person", flat=True)
    with pytest.raises(Lost):
        prove_all(Work(job.pk, job.attempt), {})
    assert Notice.objects.count() == 2


def told(name: str) -> list[str]:
    return list(Notice.objects.filter(person__username=name).order_by("pk").values_list("zh", flat=True))


def test_five_are_named_and_all_are_counted(kept: Town) -> None:
    for number in range(6):
        Cell.objects.create(
            ledger=PROVEN.code, key=str(number), name=f"床{number}", place=kept.east, unit="bed", mode="rigid"
        )
    Cell.objects.update(approved=1)
    Notice.objects.bulk_create(notices(proved(), timezone.now()))
    assert told("fin") == ["额度台账“备用床位”与记录不符：东院备用床位、床0、床1、床2、床3等7个，请核查"]


def test_a_cell_without_a_place_is_told_to_who_runs_the_whole_region(kept: Town) -> None:  # noqa: ARG001
    Cell.objects.create(ledger=PROVEN.code, key="R", name="全区备用床位", unit="bed", mode="rigid", approved=1)
    Notice.objects.bulk_create(notices(proved(), timezone.now()))
    assert [told(name) for name in ("root", "fin", "oth")] == [
        ["额度台账“备用床位”与记录不符：全区备用床位，请核查"], [], []
    ]  # fmt: skip
