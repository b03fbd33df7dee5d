"""Whoever waits is told: by lines in a log, by a bar on a terminal, not at all in a library call."""

import io

import pytest
from rich.console import Console

from yiheng.base import progress
from yiheng.base.progress import Lines, OnTerminal, Silent, shown_progress


def test_silence_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    Silent().step("reading", 3)
    Silent().advance(1)
    assert capsys.readouterr() == ("", "")


def test_lines_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    lines.step("读取 reading a.csv")
    lines.step("sorting", 1234567)
    lines.advance(5)
    assert capsys.readouterr() == ("", "读取 reading a.csv ...\nsorting (1,234,567) ...\n")


def test_no_terminal_means_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with shown_progress() as shown:
        assert isinstance(shown, Lines)
        shown.step("one")
    assert capsys.readouterr().err == "one ...\n"


def test_a_terminal_gets_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    terminal = Console(file=screen, force_terminal=True, width=100, color_system=None)
    monkeypatch.setattr(progress, "Console", lambda stderr: terminal if stderr else None)
    with shown_progress() as shown:
        assert isinstance(shown, OnTerminal)
        shown.advance(1)  # before the first step: nothing to advance
        shown.step("reading")
        shown.advance(7)
        shown.step("sorting", 10)
        shown.advance(4)
    last = screen.getvalue()
    assert "7/7" in last
    assert "4/10" in last
