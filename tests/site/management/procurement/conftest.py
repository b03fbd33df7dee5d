"""The hospital of the tests (see `hospital`)."""

from pathlib import Path

import pytest

from .hospital import Hospital, make_hospital


@pytest.fixture
def hospital(db: None, settings: object, tmp_path: Path) -> Hospital:  # noqa: ARG001 (the tables)
    settings.MEDIA_ROOT = tmp_path / "uploads"  # type: ignore[attr-defined]
    return make_hospital()
