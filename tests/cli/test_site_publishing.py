"""`yiheng site tables`, and what `verify` and `health` say of files and ledgers."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from django.utils import timezone
from pytest_django import Settings
from typer.testing import CliRunner

from yiheng.base.refusal import Refusal
from yiheng.cli import site
from yiheng.site.base.accounts.models import Person
from yiheng.site.base.files.models import File
from yiheng.site.base.flow.registry import flows

pytestmark = pytest.mark.django_db


def run(*words: str) -> tuple[int, list[str]]:
    done = CliRunner().invoke(site.app, list(words))
    if isinstance(done.exception, Refusal):
        raise done.exception
    return done.exit_code, done.stdout.splitlines()


def test_tables_are_kept_as_a_run_and_copied(tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, (line,) = run("tables", "--dir", str(tmp_path / "data"), "--out", str(out))
    (folder,) = (tmp_path / "data" / "results" / "services").glob("[0-9]*")
    assert (code, line) == (0, f"{folder}: {2 * len(flows())} tables")
    assert pq.read_table(out / "referral_items.parquet").equals(pq.read_table(folder / "referral_items.parquet"))
    with pytest.raises(Refusal, match="is there already"):
        run("tables", "--dir", str(tmp_path / "data"), "--out", str(out))
    assert len(list((tmp_path / "data" / "results" / "services").glob("[0-9]*"))) == 1


def test_verify_names_each_torn_file(tmp_path: Path, settings: Settings) -> None:
    settings.MEDIA_ROOT = tmp_path / "uploads"
    assert run("verify", "--dir", str(tmp_path)) == (0, ["完整 whole"])
    owner = Person.objects.create_user("dan", name="丹")
    made = {"owner": owner, "purpose": "x", "name": "a.pdf", "kind": "pdf", "size": 1, "made_at": timezone.now()}
    one, two = (File.objects.create(**made, digest=letter * 64) for letter in "ba")
    code, lines = run("verify", "--dir", str(tmp_path))
    assert (code, lines) == (
        1,
        [
            f"附件 {each.pk}：内容缺失或已被改动 file {each.pk}: its content is gone or was changed"
            for each in (two, one)
        ],
    )
