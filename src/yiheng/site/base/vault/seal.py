"""Encrypting one text (加密): AES-GCM under a key of the ring, bound to where it belongs."""

import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from yiheng.base.refusal import Refusal
from yiheng.site.base.vault.keys import Key, Ring

_NONCE = 12


@dataclass(frozen=True)
class Box:
    """An encrypted text: the id of its key, and nonce with ciphertext. It shows nothing of what is in it."""

    key: str
    data: bytes

    def __str__(self) -> str:
        return MASK


MASK = "•••"


def closed(text: str, place: str, key: Key) -> Box:
    """A text encrypted; `place` says where it belongs, and it opens only there."""
    nonce = os.urandom(_NONCE)
    return Box(key.id, nonce + AESGCM(key.cipher).encrypt(nonce, text.encode(), place.encode()))


def opened(box: Box, place: str, ring: Ring) -> str:
    """The text in a box; a box that was changed, or that belongs elsewhere, is refused."""
    key = ring.of(box.key)
    try:
        return AESGCM(key.cipher).decrypt(box.data[:_NONCE], box.data[_NONCE:], place.encode()).decode()
    except (InvalidTag, ValueError):
        raise Refusal("was changed since it was encrypted, or belongs to another record", column=place) from None
