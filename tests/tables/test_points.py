"""A process ends at the point it is told to, and only there."""

import os
import subprocess
import sys

import pytest

THREE = "from yiheng.tables.points import point\nfor n in range(3): print(n, flush=True); point()"


@pytest.mark.parametrize(
    ("at", "code", "printed"),
    [("", 0, "0 1 2"), ("0", 0, "0 1 2"), ("1", 137, "0"), ("3", 137, "0 1 2"), ("4", 0, "0 1 2")],
)
def test_the_process_ends_at_its_point(at: str, code: int, printed: str) -> None:
    env = {**os.environ, "YIHENG_CRASH_AT": at}
    done = subprocess.run([sys.executable, "-c", THREE], env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split()) == (code, printed.split())
