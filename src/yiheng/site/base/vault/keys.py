"""The vault's keys (保险库密钥): a file of mode 600 with one line a key, the last of which encrypts.

Older keys stay, so that what they encrypted can be read until it is sealed anew, and backups for as long as these are
kept. The file lies outside of the database and of uploads, and belongs into no backup of these.
"""

import base64
import binascii
import os
import re
import secrets
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from yiheng.base.refusal import Refusal

_BYTES = 32
_ID_BYTES = 4
_LINE = re.compile(r"([0-9a-f]{8}) ([A-Za-z0-9+/]{43}=)")
_CURE = "yiheng site key"


@dataclass(frozen=True, repr=False)
class Key:
    """One key: its id, and what the encryption of texts and of backups uses, made from its secret apart."""

    id: str
    secret: bytes

    @cached_property
    def cipher(self) -> bytes:
        """What texts are encrypted with."""
        return self._made(b"yiheng vault cipher")

    def of_backup(self, salt: bytes) -> bytes:
        """What one backup is encrypted with: another for each, by its salt."""
        return self._made(b"yiheng backup", salt)

    def _made(self, purpose: bytes, salt: bytes | None = None) -> bytes:
        return HKDF(SHA256(), _BYTES, salt=salt, info=purpose).derive(self.secret)


@dataclass(frozen=True, repr=False)
class Ring:
    """All keys of a file, oldest first."""

    keys: tuple[Key, ...]
    file: Path = Path()

    @property
    def current(self) -> Key:
        return self.keys[-1]

    def of(self, name: str) -> Key:
        """The key with an id; one that is not there is refused by its id."""
        for key in self.keys:
            if key.id == name:
                return key
        raise Refusal("the key that this was encrypted with is not in the file", file=str(self.file), value=name)


def path() -> Path:
    """Where the keys are: what the setting VAULT_KEYS says."""
    return Path(settings.VAULT_KEYS)


def read() -> Ring:
    """The site's keys; one among the uploads is refused, and what `ring_of` refuses."""
    its = path()
    if its.resolve().is_relative_to(Path(settings.MEDIA_ROOT).resolve()):
        raise Refusal("lies among the uploads", file=str(its), cure="keep it elsewhere (YIHENG_VAULT_KEYS)")
    return ring_of(its)


def ring_of(its: Path) -> Ring:
    """The keys in a file; a missing file, one that others may read, or one of another form is refused."""
    try:
        if os.name == "posix" and its.stat().st_mode & 0o077:
            raise Refusal("others than its owner may read the vault's keys", file=str(its), cure=f"chmod 600 {its}")
        lines = its.read_text(encoding="ascii").splitlines()
    except FileNotFoundError:
        raise Refusal("the vault has no key file", file=str(its), cure=_CURE) from None
    except UnicodeDecodeError:
        raise Refusal("is not a file of vault keys", file=str(its), cure=_CURE) from None
    except OSError as fault:
        raise Refusal("cannot be read", file=str(its), value=fault.strerror or "") from None
    if not lines:
        raise Refusal("has no key", file=str(its), cure=_CURE)
    return Ring(tuple(_key(number, line, its) for number, line in enumerate(lines, 1)), its)


def add() -> str:
    """Add a new key, which encrypts from now on, and make the file where there is none; gives the key's id."""
    its = path()
    if its.exists():
        read()
    name = secrets.token_hex(_ID_BYTES)
    line = f"{name} {base64.b64encode(secrets.token_bytes(_BYTES)).decode()}\n".encode()
    try:
        handle = os.open(its, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, line)
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as fault:
        raise Refusal("cannot be written", file=str(its), value=fault.strerror or "") from None
    return name


def _key(number: int, line: str, its: Path) -> Key:
    if (found := _LINE.fullmatch(line)) is None:
        raise Refusal("is not a vault key", file=str(its), row=number)
    try:
        return Key(found[1], base64.b64decode(found[2], validate=True))
    except binascii.Error:
        raise Refusal("is not a vault key", file=str(its), row=number) from None
