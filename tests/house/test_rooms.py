"""The order of the rooms is held by import-linter, and no room escapes it."""

import subprocess
import sys
from pathlib import Path

import pytest


def lint(pyproject: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """import-linter's verdict with this configuration."""
    config = folder / "pyproject.toml"
    config.write_text(pyproject, encoding="utf-8")
    command = Path(sys.executable).parent / "lint-imports"
    return subprocess.run(
        [command, "--no-cache", "--config", config], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("said", "instead", "verdict"),
    [
        ("", "", "3 kept, 0 broken"),
        ("cases | sample", "cases", "sample"),
        ('    "base",\n', "", "base"),
        (
            '"policy | codes | tables",\n    "base",',
            '"base",\n    "policy | codes | tables",',
            "2 kept, 1 broken",
        ),
    ],
    ids=["as it is", "room left out", "lowest room left out", "order turned round"],
)
def test_the_order_is_whole_and_held(root: Path, tmp_path: Path, said: str, instead: str, verdict: str) -> None:
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    assert said in text
    done = lint(text.replace(said, instead), tmp_path)
    assert verdict in done.stdout + done.stderr
    assert (done.returncode == 0) == (not said)
