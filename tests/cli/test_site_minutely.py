"""What the worker does every minute: all of it, and a fault of one item is the call's fault, with its item."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from yiheng.site import minutely
from yiheng.site.base.flow.tick import Fault, Ticked

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


def test_everything_is_called() -> None:
    assert [each.name for each in minutely.DUE] == [
        "tick", "lapse", "confirm", "tell", "seal", "daily", "tidy", "logs",
    ]  # fmt: skip


def test_a_fault_of_an_item_is_told_with_its_item(monkeypatch: pytest.MonkeyPatch) -> None:
    done = Ticked(faults=[Fault(7, "referral.expire", ValueError("broken"))])
    monkeypatch.setattr(minutely, "tick", lambda now: done)
    with pytest.raises(ExceptionGroup) as told:
        minutely.ticked(NOW)
    (error,) = told.value.exceptions
    assert (str(error), error.__notes__) == ("broken", ["item 7: referral.expire"])


def test_without_a_fault_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minutely, "tick", lambda now: Ticked())
    minutely.ticked(NOW)
