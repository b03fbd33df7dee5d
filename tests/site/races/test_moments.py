"""What is published is of one moment, and holds up nobody who writes meanwhile."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Ground

pytestmark = pytest.mark.slow

MOMENTS = Path(__file__).with_name("moments.py")


def test_a_moment_does_not_see_who_comes_meanwhile(stage: Ground) -> None:
    command = [sys.executable, str(MOMENTS)]
    done = subprocess.run(command, env=stage._fresh(), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["told"] == ["postgresql" if stage.server else "sqlite"]
    assert said["after"]["seen"] == [1, 1, 2]
