"""Identity (身份): identity numbers become pseudonyms under the region's key; what a number says of its bearer.

A number is never stored or shown: `pseudonyms` makes the column patient of it.
"""

import hmac
import os
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yiheng.base.refusal import CENTURIES, LAST, WEIGHTS, Refusal, resident_number
from yiheng.cases.quality.book import book
from yiheng.tables.commit import sync_folder

KEY_FILE = "YIHENG_KEY_FILE"

Kind = Literal["resident", "other", "absent", "invalid"]
Certificate = Literal["", "resident", "other"]
_CERTIFICATES = get_args(Certificate)

_TITLE = "# 医衡区域密钥 Yiheng region key, form 1"
_CONTENT = re.compile(re.escape(_TITLE.encode()) + rb"\r?\n([0-9a-f]{64})\s*")
_SECRET_BYTES = 32
_PSEUDONYM_DIGITS = 32
_REGION_DIGITS = 8
# No normal text holds this sign, so that no identity number gives what a name or the region's id gives.
_APART = "\x1f"
_LONG_FORM = 18
_MONTHS = 12
_YEARS = (int(f"{min(CENTURIES)}00"), int(f"{max(CENTURIES)}99"))
_WEIGHTS_OF = np.array(WEIGHTS)
_LAST_OF = np.array([10 if sign == "X" else int(sign) for sign in LAST])
# A resident's number has 15 digits or more, other certificates with letters have fewer.
_MOST_DIGITS_OF_OTHERS = 14


@dataclass(frozen=True)
class Key:
    """A region's key (区域密钥): the same in all its loads, so that one person has one pseudonym in every hospital."""

    secret: bytes = field(repr=False)

    def digest(self, text: str) -> str:
        """HMAC-SHA256 of `text`, in hex."""
        return hmac.digest(self.secret, text.encode(), "sha256").hex()

    def region_id(self) -> str:
        """Eight hex digits that tell keys apart and say nothing about them."""
        return self.digest(f"{_APART}region")[:_REGION_DIGITS]

    def check_region(self, region_id: str) -> None:
        """Refuse where DATA was loaded with another key: one person would have two pseudonyms."""
        if self.region_id() != region_id:
            raise Refusal(
                f"the region key is {self.region_id()}, but DATA was loaded with {region_id}",
                cure=f"let {KEY_FILE} name the file of the key {region_id}",
            )


def new_key(path: Path) -> Key:
    """Make a region's key and write it to a new file that only its owner can read.

    A file that exists, or a place inside a DATA folder, is refused.
    """
    for folder in path.resolve().parents:
        if (folder / "commits").is_dir():
            raise Refusal("a key is kept outside DATA", file=str(path), cure=f"a folder that is not in {folder}")
    key = Key(os.urandom(_SECRET_BYTES))
    handle = _exclusively(path)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"{_TITLE}\n{key.secret.hex()}\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        path.unlink()
        raise
    sync_folder(path.parent)
    return key


def _exclusively(path: Path) -> int:
    """A handle of a file that was not there before."""
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Refusal("is there already, and a key is never overwritten", file=str(path)) from None
    except (FileNotFoundError, NotADirectoryError):
        raise Refusal("there is no such folder", file=str(path.parent)) from None
    except PermissionError:
        raise Refusal("may not be written", file=str(path)) from None


def read_key(path: Path) -> Key:
    """The key in a file that `new_key` wrote; a missing or other file, or one that others can read, is refused."""
    if not path.is_file():
        raise Refusal("there is no such key file", file=str(path), cure="yiheng cases key --new FILE")
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise Refusal("others than its owner can read this key", file=str(path), cure=f"chmod 600 {path}")
    try:
        with path.open("rb") as file:
            content = file.read(1000)
    except PermissionError:
        raise Refusal("may not be read", file=str(path)) from None
    found = _CONTENT.fullmatch(content)
    if found is None:
        raise Refusal("is not a region key", file=str(path), cure="the file that yiheng cases key --new wrote")
    return Key(bytes.fromhex(found[1].decode()))


def key_from_environment() -> Key | None:
    """The key that `YIHENG_KEY_FILE` names; None where it names none."""
    path = os.environ.get(KEY_FILE)
    return read_key(Path(path)) if path else None


def check(number: str, certificate: Certificate = "") -> Kind:
    """What a number is: a resident's, another certificate's, absent or invalid; `certificate` says what it should be.

    Without `certificate`, a number with a letter beyond a trailing X is that of a passport or the like.
    """
    return _read(number, certificate)[0]


def _read(number: str, certificate: Certificate) -> tuple[Kind, str]:
    """The kind of a number and its one normal form, empty where it has none."""
    if certificate not in _CERTIFICATES:
        raise ValueError(f"no kind of certificate: {certificate}")
    text = _normal(number)
    bare = text.replace("-", "")
    whole = resident_number(bare) if certificate != "other" or len(bare) == _LONG_FORM else None
    if whole is not None and len(set(bare)) > 1:
        return "resident", whole
    if _is_absent(text):
        return "absent", ""
    if certificate != "resident" and _is_other(text, certificate == "other"):
        return "other", text
    return "invalid", ""


def _normal(text: str) -> str:
    """Half-width, upper case, without spaces, signs that do not show and the quotes of a spreadsheet's text."""
    if text.isascii() and text.isalnum():
        return text.upper()
    signs = (sign for sign in unicodedata.normalize("NFKC", text) if sign.isprintable() and not sign.isspace())
    return "".join(signs).strip("'\"`").upper()


def _is_absent(text: str) -> bool:
    return book().lists["identity_absent"].holds(text)


def _is_other(text: str, said: bool) -> bool:
    """Whether `text` can be another certificate's number, which its type says or its letters do."""
    digits = sum(sign.isdecimal() for sign in text)
    blotted = "*" in text or "XXX" in text
    lettered = any(sign.isalpha() for sign in text.removesuffix("X")) and digits <= _MOST_DIGITS_OF_OTHERS
    return digits > 0 and not blotted and (said or lettered)


def _birth(whole: str | None) -> date | None:
    return None if whole is None else date(int(whole[6:10]), int(whole[10:12]), int(whole[12:14]))


def _sex(whole: str | None) -> int | None:
    return None if whole is None else 2 - int(whole[16]) % 2


def pseudonyms(
    key: Key, numbers: pa.Array, certificates: pa.Array | None = None
) -> tuple[pa.Array, dict[str, np.ndarray]]:
    """Numbers as `p-` and 32 hex digits, null where absent or invalid; rows that break `identity_invalid`, if any do.

    `certificates` says for each row resident, other or null (see `check`). Equal numbers are worked out once.
    """
    read = _Read.of(numbers, certificates)
    patients = [f"p-{key.digest(text)[:_PSEUDONYM_DIGITS]}" if text else None for text in read.texts]
    invalid = np.array([kind == "invalid" for kind in read.kinds], bool)[read.places]
    return read.column(patients, pa.string()), {"identity_invalid": invalid} if invalid.any() else {}


def facts_of(numbers: pa.Array, certificates: pa.Array | None = None) -> dict[str, pa.Array]:
    """What numbers say, row by row: `identity` as `check` has it (absent for null), `identity_sex`, `identity_born`."""
    read = _Read.of(numbers, certificates)
    return {
        "identity": read.column(read.kinds, pa.string()),
        "identity_sex": read.column([_sex(text) for text in read.residents], pa.int8()),
        "identity_born": read.column([_birth(text) for text in read.residents], pa.date32()),
    }


def residents(numbers: Sequence[str]) -> np.ndarray:
    """Which of these are residents' numbers of 18 signs as they stand: what `check` says, for many at once.

    The others, such as those of 15 digits or with spaces, are for `check` to tell.
    """
    signs = np.array([text if len(text) == _LONG_FORM and text.isascii() else "" for text in numbers], f"S{_LONG_FORM}")
    matrix = signs.view(np.uint8).reshape(len(numbers), _LONG_FORM).astype(np.int64) - ord("0")
    digits = (matrix[:, :-1] >= 0) & (matrix[:, :-1] <= 9)
    last = np.where(matrix[:, -1] == ord("X") - ord("0"), 10, matrix[:, -1])
    right = (_LAST_OF[(np.where(digits, matrix[:, :-1], 0) * _WEIGHTS_OF).sum(axis=1) % len(_LAST_OF)]) == last
    found: np.ndarray = digits.all(axis=1) & right & _on_a_day(matrix) & (matrix[:, 1:] != matrix[:, :1]).any(axis=1)
    return found


def _on_a_day(matrix: np.ndarray) -> np.ndarray:
    """Whether the eight digits of the birth date are a day of the years that numbers know."""
    year = matrix[:, 6:10] @ np.array([1000, 100, 10, 1])
    month, day = matrix[:, 10] * 10 + matrix[:, 11], matrix[:, 12] * 10 + matrix[:, 13]
    known = (year >= _YEARS[0]) & (year <= _YEARS[1]) & (month >= 1) & (month <= _MONTHS)
    months = (np.where(known, year, _YEARS[0]) - 1970) * _MONTHS + np.where(known, month, 1) - 1
    first, after = (months + more for more in (0, 1))
    days = (after.astype("M8[M]").astype("M8[D]") - first.astype("M8[M]").astype("M8[D]")).astype(np.int64)
    inside: np.ndarray = known & (day >= 1) & (day <= days)
    return inside


@dataclass(frozen=True)
class _Read:
    """The different numbers of a batch, each read once; `places` says for every row which is its."""

    kinds: list[Kind]
    texts: list[str]
    places: np.ndarray

    @classmethod
    def of(cls, numbers: pa.Array, certificates: pa.Array | None) -> "_Read":
        said = pa.nulls(len(numbers), pa.string()) if certificates is None else certificates
        columns = [pc.fill_null(column.cast(pa.string()), "") for column in (numbers, said)]
        coded = [column.dictionary_encode() for column in columns]
        of_number, of_said = (np.asarray(each.indices).astype(np.int64) for each in coded)
        given, certified = (each.dictionary.to_pylist() for each in coded)
        many = max(len(certified), 1)
        pairs, places = np.unique(of_number * many + of_said, return_inverse=True)
        plain = residents([text or "" for text in given])
        read: list[tuple[Kind, str]] = [
            ("resident", given[pair // many])
            if plain[pair // many] and certified[pair % many] in ("", "resident")
            else _read(given[pair // many], certified[pair % many])
            for pair in pairs
        ]
        return cls([kind for kind, _ in read], [text for _, text in read], places)

    @property
    def residents(self) -> list[str | None]:
        return [text if kind == "resident" else None for kind, text in zip(self.kinds, self.texts, strict=True)]

    def column(self, values: Sequence[object], kind: pa.DataType) -> pa.Array:
        return pa.array(values, kind).take(pa.array(self.places))


def pseudonym_of_name(key: Key, scope: str, names: pa.Array) -> pa.Array:
    """Persons' names within `scope` (a hospital, a column) as `n-` and 32 hex digits; null where no name is given.

    The same name in another scope is another pseudonym, and none is ever that of an identity number.
    """
    coded = names.cast(pa.string()).dictionary_encode()
    before = _APART.join(("", "name", str(len(scope)), scope, ""))
    texts = [_normal(name) for name in coded.dictionary.to_pylist()]
    found = [None if _is_absent(text) else f"n-{key.digest(before + text)[:_PSEUDONYM_DIGITS]}" for text in texts]
    return pa.array(found, pa.string()).take(coded.indices)
