"""A vault with one key, in a folder of its own."""

from pathlib import Path

import pytest
from pytest_django import Settings

from yiheng.site.base.vault import keys


@pytest.fixture(autouse=True)
def key_file(tmp_path: Path, settings: Settings) -> Path:
    settings.FOLDER = tmp_path
    settings.MEDIA_ROOT = tmp_path / "uploads"
    settings.VAULT_KEYS = tmp_path / "vault.keys"
    keys.add()
    return tmp_path / "vault.keys"
