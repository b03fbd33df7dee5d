"""The encryption of a backup (备份加密): AES-256-GCM over pieces of 1 MiB, each with its number and whether it is last.

This is the construction STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015): a file that was cut, put together anew or
changed in one bit does not open. Each file has a key of its own, made from a key of the vault and the file's salt.
"""

import json
import os
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from yiheng.base.refusal import Refusal
from yiheng.site.base.vault.keys import Key, Ring

PIECE = 1 << 20
_TAG, _SALT, _PREFIX = 16, 32, 7
_MARK = b"yiheng backup 1 "
_LONGEST_HEAD = 512


class Sealed:
    """A stream that is written encrypted; `close` writes the last piece, without which nothing of it opens."""

    def __init__(self, out: IO[bytes], key: Key) -> None:
        salt, self._prefix = os.urandom(_SALT), os.urandom(_PREFIX)
        said = {"key": key.id, "salt": salt.hex(), "prefix": self._prefix.hex()}
        self._head = _MARK + json.dumps(said).encode() + b"\n"
        self._cipher = AESGCM(key.of_backup(salt))
        self._out, self._waits, self._number = out, bytearray(), 0
        out.write(self._head)

    def write(self, data: bytes) -> int:
        """Take more; a piece is written when there is more behind it."""
        self._waits += data
        while len(self._waits) > PIECE:
            self._put(bytes(self._waits[:PIECE]), is_last=False)
            del self._waits[:PIECE]
        return len(data)

    def close(self) -> None:
        """Write the last piece."""
        self._put(bytes(self._waits), is_last=True)

    def _put(self, piece: bytes, *, is_last: bool) -> None:
        self._out.write(self._cipher.encrypt(_nonce(self._prefix, self._number, is_last), piece, self._head))
        self._number += 1


class Opened:
    """A stream that is read decrypted; Refusal at the first piece that is not as it was written."""

    def __init__(self, source: IO[bytes], ring: Ring, name: str) -> None:
        self._source, self._name = source, name
        self._head = source.readline(_LONGEST_HEAD)
        try:
            said = json.loads(self._head.removeprefix(_MARK)) if self._head.startswith(_MARK) else {}
            salt, self._prefix = bytes.fromhex(said["salt"]), bytes.fromhex(said["prefix"])
            key = str(said["key"])
        except (ValueError, KeyError, TypeError):
            raise Refusal("is no backup of a site", file=name) from None
        self._cipher = AESGCM(ring.of(key).of_backup(salt))
        self._here, self._number, self._ahead = bytearray(), 0, source.read(PIECE + _TAG)

    def read(self, size: int) -> bytes:
        """The next `size` bytes; fewer only at the end."""
        while len(self._here) < size and self._ahead:
            self._here += self._next()
        found = bytes(self._here[:size])
        del self._here[:size]
        return found

    def finish(self) -> None:
        """Read to the end, so that it is known to be there."""
        while self.read(PIECE):
            pass

    def _next(self) -> bytes:
        piece, self._ahead = self._ahead, self._source.read(PIECE + _TAG)
        try:
            opened = self._cipher.decrypt(_nonce(self._prefix, self._number, not self._ahead), piece, self._head)
        except (InvalidTag, ValueError):
            raise Refusal("was cut or changed, or is of another key", file=self._name) from None
        self._number += 1
        return opened


def _nonce(prefix: bytes, number: int, is_last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + bytes((is_last,))
