"""What every test may use: the shared test data, and the rule that in CI nothing is left out quietly."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

# The same examples on every run and machine: a test that fails once fails again. Time limits are no part of a law.
settings.register_profile(
    "yiheng", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("yiheng")


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The test data that are not part of the project; a test that needs them is skipped where they are not."""
    folder = Path(os.environ.get("YIHENG_SHARED") or ROOT.parent / "shared")
    if not (folder / "packs").is_dir():
        pytest.skip("no shared test data: put them at ../shared or set YIHENG_SHARED")
    return folder


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--nothing-skipped", action="store_true", help="a skipped test fails the run")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """With --nothing-skipped, a run with a skip is a failed run."""
    if _skipped(session.config) and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Name the tests that were skipped and may not be."""
    if names := _skipped(config):
        terminalreporter.section("skipped, which --nothing-skipped forbids", red=True)
        for name in names:
            terminalreporter.write_line(name)


def _skipped(config: pytest.Config) -> list[str]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not config.getoption("--nothing-skipped"):
        return []
    return [report.nodeid for report in reporter.stats.get("skipped", [])]
