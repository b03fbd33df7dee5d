"""The commands of the house: bare `make` prints them; in CI a skipped test fails the run."""

import re
import subprocess
import sys
from pathlib import Path

import pytest


def test_bare_make_prints_every_command(root: Path) -> None:
    said = subprocess.run(["make", "--no-print-directory"], cwd=root, capture_output=True, text=True, check=True).stdout
    lines = said.splitlines()
    assert all(re.fullmatch(r"make [a-z-]+ +\S.*", line) for line in lines)
    phony = re.search(r"^\.PHONY: (.*)$", (root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert phony
    assert {line.split()[1] for line in lines} == set(phony[1].split())


@pytest.mark.slow
@pytest.mark.parametrize(("option", "code"), [((), 0), (("--nothing-skipped",), 1)])
def test_a_skip_fails_the_run_where_nothing_may_be_skipped(
    root: Path, tmp_path: Path, option: tuple[str, ...], code: int
) -> None:
    test = tmp_path / "test_left_out.py"
    test.write_text("import pytest\ndef test_one(): pass\ndef test_two(): pytest.skip('no reason')\n", encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:django",
        "-p",
        "conftest",
        f"--rootdir={tmp_path}",
        "-c",
    ]
    run = subprocess.run(
        [*command, "/dev/null", *option, test],
        cwd=root / "tests", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == code, run.stdout + run.stderr
    assert ("test_left_out.py::test_two" in run.stdout) == bool(option)
