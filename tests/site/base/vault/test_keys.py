"""The key file: missing, loose, among the uploads, of another form; a new key beside the old ones."""

from pathlib import Path

import pytest
from pytest_django import Settings

from yiheng.base.refusal import Refusal
from yiheng.site.base.vault import keys


def test_a_key_is_made_for_its_owner_alone_and_another_is_added(key_file: Path) -> None:
    first = keys.read().current
    name = keys.add()
    ring = keys.read()
    assert [key.id for key in ring.keys] == [first.id, name]
    assert (ring.current.id, ring.of(first.id).secret) == (name, first.secret)
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert len({key.cipher for key in ring.keys} | {key.of_backup(b"") for key in ring.keys} | {first.secret}) == 5


def test_no_key_shows_its_secret() -> None:
    ring = keys.read()
    assert ring.current.secret.hex() not in repr(ring) + repr(ring.current) + str(ring.current)


def test_a_missing_file_is_refused(key_file: Path) -> None:
    key_file.unlink()
    with pytest.raises(Refusal, match="the vault has no key file"):
        keys.read()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o777])
def test_a_file_that_others_may_read_is_refused_and_not_added_to(key_file: Path, mode: int) -> None:
    before = key_file.read_text()
    key_file.chmod(mode)
    for ask in (keys.read, keys.add):
        with pytest.raises(Refusal, match=r"others than its owner may read the vault's keys -> chmod 600"):
            ask()
    assert key_file.read_text() == before


@pytest.mark.parametrize(
    "content", ["", "abc\n", "0011223g " + "A" * 43 + "=\n", "密钥\n", "00112233 " + "A" * 42 + "=\n"]
)
def test_a_file_of_another_form_is_refused_without_its_content(key_file: Path, content: str) -> None:
    key_file.write_text(content)
    with pytest.raises(Refusal) as why:
        keys.read()
    assert "AAAA" not in str(why.value)


def test_a_file_among_the_uploads_is_refused(key_file: Path, settings: Settings) -> None:
    settings.MEDIA_ROOT = key_file.parent
    with pytest.raises(Refusal, match="lies among the uploads"):
        keys.read()


def test_a_key_that_is_not_there_is_named() -> None:
    with pytest.raises(Refusal, match="value 00000000"):
        keys.read().of("00000000")
