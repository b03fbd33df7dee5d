"""The county of the tests (see `county`)."""

from pathlib import Path

import pytest

from .county import County, make_county


@pytest.fixture
def county(db: None, settings: object, tmp_path: Path) -> County:  # noqa: ARG001 (the tables)
    settings.MEDIA_ROOT = tmp_path / "uploads"  # type: ignore[attr-defined]
    return make_county()
