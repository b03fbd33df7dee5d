"""What is due every minute: once a minute over all workers, a fault of one neither stops the others nor hides."""

from datetime import datetime, timedelta

import pytest

from yiheng.site.base.jobs.minutely import Minutely, Pulses
from yiheng.site.base.jobs.models import Pulse

from ..town import NOW

pytestmark = pytest.mark.django_db


def test_each_is_called_once_a_minute_by_one_worker() -> None:
    called: list[tuple[str, datetime]] = []
    due = [Minutely(name, lambda now, name=name: called.append((name, now))) for name in "ab"]
    with Pulses(due) as one, Pulses(due) as two:
        for seconds in (0, 20, 59, 60, 61):
            for worker in (one, two):
                worker.beat(NOW + timedelta(seconds=seconds))
    minute = NOW + timedelta(seconds=60)
    assert called == [("a", NOW), ("b", NOW), ("a", minute), ("b", minute)]
    assert set(Pulse.objects.values_list("name", "began_at", "ended_at", "fault")) == {
        ("a", minute, minute, ""),
        ("b", minute, minute, ""),
    }


def test_a_fault_is_kept_shown_and_stops_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    called: list[datetime] = []
    fails = [True, False]

    def bad(now: datetime) -> None:  # noqa: ARG001
        if fails.pop(0):
            raise ZeroDivisionError("of 11010519491231002X")

    with Pulses([Minutely("bad", bad), Minutely("good", called.append)]) as pulses:
        pulses.beat(NOW)
        fault = Pulse.objects.get(name="bad").fault
        pulses.beat(NOW + timedelta(minutes=1))
    assert len(called) == 2
    assert fault.endswith("ZeroDivisionError: of 11****************\n")
    assert "ZeroDivisionError: of 11****************" in capsys.readouterr().err
    assert Pulse.objects.get(name="bad").fault == ""
