"""DATA with the places of the made-up region, and a site's folder of its own."""

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from yiheng.cases.load import load
from yiheng.sample.places import places

NOW = datetime(2026, 11, 20, 10, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
_CASE = "hospital,case_id,year,discharge_date,dx,total_fee,los\nH99010200001,1,2025,2025-03-01,I21.900,1000.00,3\n"


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    source = folder / "cases.csv"
    source.write_text(_CASE, encoding="utf-8")
    load(folder / "data", [source], places=places(1), made_up=True)
    return folder / "data"


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    """The site's folder: where it says that it is made up, and keeps uploads and the audit's anchor."""
    settings.FOLDER, settings.MEDIA_ROOT = tmp_path, tmp_path / "uploads"
    return tmp_path
