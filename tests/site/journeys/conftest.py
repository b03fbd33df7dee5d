"""Browsers (浏览器) at a site of their own: people in sessions of their own, who read what the page says."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from .reader import CHROMIUM, Reader

HERE = Path(__file__).resolve().parent
SETTINGS = HERE.parents[1] / "settings"

Come = Callable[[str], Reader]


class Served:
    """The site's process: its address, and how it is let take its own steps."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.address = self.said()

    def said(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def tick(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("tick\n")
        self.process.stdin.flush()
        assert self.said() == "done"


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A site on this machine, with a folder and a database of its own."""
    if not CHROMIUM.exists():
        pytest.skip("no chromium")
    own = {"YIHENG_SITE_DIR": str(tmp_path_factory.mktemp("site")), "YIHENG_HTTPS": "no", "YIHENG_DATABASE": ""}
    env = os.environ | own | {"DJANGO_SETTINGS_MODULE": "site_settings", "PYTHONPATH": str(SETTINGS)}
    command = [sys.executable, str(HERE / "stage.py")]
    with subprocess.Popen(
        command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        try:
            yield Served(process)
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all journeys."""
    with sync_playwright() as play:
        quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=quiet)
        yield browser
        browser.close()


@pytest.fixture
def come(served: Served, browser: Browser) -> Iterator[Come]:
    """Somebody at the site, signed in, with a session of the own; in the end no page has complained."""
    readers: dict[str, Reader] = {}

    def came(name: str) -> Reader:
        if name not in readers:
            readers[name] = Reader(browser, served.address)
            if name:
                readers[name].sign_in(name)
        return readers[name]

    yield came
    complaints = {name: reader.complaints for name, reader in readers.items() if reader.complaints}
    for reader in readers.values():
        reader.context.close()
    assert complaints == {}
