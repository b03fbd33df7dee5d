"""What every test may use: the shared test data, a cluster, and the rule that in CI nothing is left out quietly."""

import gc
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
# Seconds that a cluster may take to start.
_PATIENCE = 120
# For each Java process of a test: none lives long enough to gain by the second compiler or by threads of a collector.
_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"

# Nearly all that tests load stays to their end, as for a command: to look through it again and again takes long.
gc.set_threshold(100_000)

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


def _free_port() -> int:
    with socket.socket() as its:
        its.bind(("127.0.0.1", 0))
        return int(its.getsockname()[1])


@pytest.fixture(scope="session")
def master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a master with two workers."""
    if find_spec("pyspark") is None or shutil.which("java") is None:
        pytest.skip("needs the extra `spark` and Java 17")
    import pyspark

    home, folder = Path(str(pyspark.__file__)).parent, tmp_path_factory.mktemp("spark")
    address = f"spark://127.0.0.1:{_free_port()}"
    port = address.rsplit(":", 1)[1]
    deploy = "org.apache.spark.deploy"
    own = ["--host", "127.0.0.1", "--webui-port", "0"]
    commands = [[f"{deploy}.master.Master", *own, "--port", port]]
    commands += [[f"{deploy}.worker.Worker", *own, "-c", "1", "-m", "1G", "-d", str(folder), address]] * 2
    running: list[subprocess.Popen[bytes]] = []
    with (folder / "log").open("wb") as log, pytest.MonkeyPatch.context() as patch:
        patch.setenv("JDK_JAVA_OPTIONS", _JAVA)  # for the one that a test starts, too
        env = os.environ | {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_HOME": str(home), "PYSPARK_PYTHON": sys.executable}
        start = str(home / "bin" / "spark-class")
        running += [subprocess.Popen([start, *its], env=env, stdout=log, stderr=log) for its in commands]
        for _ in range(_PATIENCE):
            if (folder / "log").read_text(errors="replace").count("Registering worker") == 2:
                break
            time.sleep(1)
        yield address
        for process in running:
            process.terminate()
            process.wait()


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
