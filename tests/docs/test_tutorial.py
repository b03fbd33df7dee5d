"""The tutorial: its commands run, and what it quotes stands on the pages that they write."""

import re
import shlex
from html import unescape
from pathlib import Path

import pytest
from typer.testing import CliRunner

from yiheng.cli.main import app

BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
HOSPITAL = "casebook/dip/hospital-H99010200001.html"
# Figures that the page quotes one by one, from the rows of tables.
QUOTED = ("22.43", "17.70", "99.30", "83.33%", "58.99%", "2,004.45", "677.27", "演示颈部血管彩超", "I63.3", "J60.X")


@pytest.mark.slow
def test_three_questions(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (root / "docs" / "tutorial" / "three-questions.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for language, text in BLOCK.findall(page):
        for line in text.splitlines() if language == "sh" else ():
            ran = CliRunner().invoke(app, shlex.split(line)[1:])
            assert ran.exit_code == 0, (line, ran.output, ran.exception)
    (quoted,) = [text for language, text in BLOCK.findall(page) if language == "text"]
    shown = plain(tmp_path / "region" / "report" / HOSPITAL)
    assert quoted.strip() in shown
    assert [figure for figure in QUOTED if figure not in shown or figure not in page] == []
    ours = tmp_path / "ours" / "casebook" / "dip"
    assert [path.name for path in ours.glob("hospital-*")] == ["hospital-H99010200001.html"]
    assert "hospital-H99010200002.html" not in (ours / "index.html").read_text("utf-8")


def plain(path: Path) -> str:
    """A page's text without its marks."""
    return unescape(re.sub(r"<[^>]+>", "", path.read_text(encoding="utf-8")))
