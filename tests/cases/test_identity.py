"""Identity numbers become pseudonyms that join, and wrong ones are found; no number is stored or shown."""

import hashlib
import hmac
import os
import stat
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiheng.base.refusal import Refusal
from yiheng.cases.identity import (
    Key,
    check,
    facts_of,
    key_from_environment,
    new_key,
    pseudonym_of_name,
    pseudonyms,
    read_key,
)

KEY = Key(bytes(range(32)))
WEIGHTS = [2 ** (17 - place) % 11 for place in range(17)]


def number_of(area: str, born: str, order: str) -> str:
    """A number of 18 signs with its check digit as GB 11643 says."""
    digits = area + born + order
    rest = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, digits, strict=True)) % 11
    return digits + "10X98765432"[rest]


# Made up here, so that none stands in the tree.
MAN = number_of("990000", "19490228", "125")
WOMAN = next(found for n in range(0, 100, 2) if (found := number_of("990000", "20000229", f"{n:03}")).endswith("X"))
OLD = MAN[:6] + MAN[8:17]
WRONG = MAN[:17] + ("0" if MAN[17] != "0" else "1")
FULL_WIDTH = {ord(sign): ord(sign) + 0xFEE0 for sign in "0123456789X"}


def hashed(text: str, key: Key = KEY) -> str:
    return "p-" + hmac.new(key.secret, text.encode(), hashlib.sha256).hexdigest()[:32]


def texts(*values: str | None) -> pa.Array:
    return pa.array(values, pa.string())


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (MAN, "resident"),
        (WOMAN, "resident"),
        (WOMAN.lower(), "resident"),
        (f" {MAN[:6]} {MAN[6:14]}-{MAN[14:]}\t", "resident"),
        (f"'{MAN}", "resident"),
        (WOMAN.translate(FULL_WIDTH), "resident"),
        (OLD, "resident"),
        ("E12345678", "other"),
        ("ea1234567", "other"),
        ("H1234567890", "other"),
        ("CHN123456789012", "other"),
        ("军字第1234567号", "other"),
        ("", "absent"),
        (" ", "absent"),
        ("-", "absent"),
        ("——", "absent"),
        ("／", "absent"),
        ("无", "absent"),
        ("不详", "absent"),
        ("n/a", "absent"),
        ("000000000000000000", "absent"),
        (WRONG, "invalid"),
        (MAN[:17], "invalid"),
        (f"{MAN}1", "invalid"),
        (f"{MAN[:17]}A", "invalid"),
        (MAN.replace("0", "O", 1), "invalid"),
        (number_of("990000", "19490230", "125"), "invalid"),
        (number_of("990000", "30490228", "125"), "invalid"),
        ("990000491301125", "invalid"),
        ("1" * 15, "invalid"),
        ("1" * 18, "invalid"),
        ("12345678", "invalid"),
        ("1234567X", "invalid"),
        (f"{MAN[:6]}********{MAN[14:]}", "invalid"),
        (f"{MAN[:6]}XXXXXXXX{MAN[14:]}", "invalid"),
        ("E12****78", "invalid"),
        ("张某某", "invalid"),
    ],
)
def test_what_a_number_is(number: str, kind: str) -> None:
    assert check(number) == kind


@pytest.mark.parametrize(
    ("number", "certificate", "kind"),
    [
        ("12345678", "other", "other"),
        (OLD, "other", "other"),
        (MAN, "other", "resident"),
        ("E12****78", "other", "invalid"),
        ("某", "other", "invalid"),
        ("无", "other", "absent"),
        ("E12345678", "resident", "invalid"),
        (OLD, "resident", "resident"),
        ("", "resident", "absent"),
    ],
)
def test_the_certificate_says_what_a_number_should_be(number: str, certificate: str, kind: str) -> None:
    assert check(number, certificate) == kind  # type: ignore[arg-type]
    assert facts_of(texts(number), texts(certificate))["identity"].to_pylist() == [kind]


def test_an_unknown_certificate_is_an_error() -> None:
    with pytest.raises(ValueError, match="no kind of certificate: 03"):
        pseudonyms(KEY, texts(MAN, MAN, MAN, MAN), texts(None, "resident", "other", "03"))


def bearer(number: str) -> tuple[date | None, int | None]:
    """The birth date and the sex that a number says."""
    said = facts_of(texts(number))
    return said["identity_born"][0].as_py(), said["identity_sex"][0].as_py()


def test_what_a_number_says_of_its_bearer() -> None:
    assert bearer(MAN) == (date(1949, 2, 28), 1)
    assert bearer(OLD) == (date(1949, 2, 28), 1)
    assert bearer(WOMAN.lower()) == (date(2000, 2, 29), 2)
    for none in (WRONG, "E12345678", "", "1" * 15):
        assert bearer(none) == (None, None)


def test_facts_of_a_column() -> None:
    facts = facts_of(texts(MAN, None, WOMAN, WRONG, "E12345678", OLD))
    assert {name: column.to_pylist() for name, column in facts.items()} == {
        "identity": ["resident", "absent", "resident", "invalid", "other", "resident"],
        "identity_sex": [1, None, 2, None, None, 1],
        "identity_born": [date(1949, 2, 28), None, date(2000, 2, 29), None, None, date(1949, 2, 28)],
    }
    assert [column.type for column in facts.values()] == [pa.string(), pa.int8(), pa.date32()]


def test_pseudonyms() -> None:
    given = texts(MAN, OLD, None, WOMAN.lower(), WOMAN.translate(FULL_WIDTH), "无", WRONG, "e1234 5678", MAN)
    patients, broken = pseudonyms(KEY, given)
    man, woman = hashed(MAN), hashed(WOMAN)
    assert patients.to_pylist() == [man, man, None, woman, woman, None, None, hashed("E12345678"), man]
    assert patients.type == pa.string()
    assert {rule: mask.tolist() for rule, mask in broken.items()} == {
        "identity_invalid": [False] * 6 + [True] + [False] * 2
    }
    assert pseudonyms(Key(b"\1" * 32), given)[0][0].as_py() == hashed(MAN, Key(b"\1" * 32)) != man


def test_pseudonyms_of_nothing_wrong_have_no_mask() -> None:
    for numbers in (texts(), texts(None), texts(MAN, "")):
        patients, broken = pseudonyms(KEY, numbers)
        assert (len(patients), broken) == (len(numbers), {})
    assert {name: len(column) for name, column in facts_of(texts()).items()} == dict.fromkeys(
        ("identity", "identity_sex", "identity_born"), 0
    )


def test_pseudonyms_with_certificates() -> None:
    """An old-form number is a resident's unless its certificate is another; one number may come with both."""
    numbers = texts(OLD, OLD, OLD, "12345678", "12345678", MAN)
    said = texts(None, "resident", "other", "other", None, "other")
    patients, broken = pseudonyms(KEY, numbers, said)
    assert patients.to_pylist() == [hashed(MAN), hashed(MAN), hashed(OLD), hashed("12345678"), None, hashed(MAN)]
    assert np.flatnonzero(broken["identity_invalid"]).tolist() == [4]


def test_names_have_pseudonyms_of_their_own() -> None:
    names = texts("张三", " 张 三", "Li Ming", "LI MING", None, "", "无", MAN)
    one = pseudonym_of_name(KEY, "H01", names).to_pylist()
    other = pseudonym_of_name(KEY, "H02", names).to_pylist()
    assert one[4:7] == other[4:7] == [None, None, None]
    assert one[0] == one[1] != one[2] == one[3]
    assert not {each for each in one if each} & {each for each in other if each}
    assert all(len(each) == 34 and each.startswith("n-") for each in one if each)
    assert one[7][2:] != hashed(MAN)[2:]
    # Scope and name do not run into each other.
    assert (
        pseudonym_of_name(KEY, "H0", texts("1A")).to_pylist() != pseudonym_of_name(KEY, "H01", texts("A")).to_pylist()
    )
    assert pseudonym_of_name(KEY, "H01", texts()).to_pylist() == []


@pytest.mark.property
@given(st.dates(date(1900, 1, 1), date(1999, 12, 31)), st.integers(0, 999), st.data())
def test_both_forms_of_one_person_give_one_pseudonym(day: date, order: int, data: st.DataObject) -> None:
    number = number_of("990000", f"{day:%Y%m%d}", f"{order:03}")
    spoiled = data.draw(st.integers(0, 16))
    wrong = number[:spoiled] + str((int(number[spoiled]) + data.draw(st.integers(1, 9))) % 10) + number[spoiled + 1 :]
    patients, broken = pseudonyms(KEY, texts(number, number[:6] + number[8:17], wrong))
    assert patients.to_pylist() == [hashed(number), hashed(number), None]
    assert broken["identity_invalid"].tolist() == [False, False, True]
    assert bearer(number) == (day, 1 if order % 2 else 2)


@pytest.mark.property
@given(st.text(max_size=30))
def test_any_text_is_of_one_kind(text: str) -> None:
    patients, broken = pseudonyms(KEY, texts(text))
    kind = check(text)
    assert (patients[0].as_py() is not None) == (kind in ("resident", "other"))
    assert bool(broken) == (kind == "invalid")


def test_a_key_is_written_once_for_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "region.key"
    key = new_key(path)
    title, secret, end = path.read_text(encoding="utf-8").split("\n")
    assert (title, len(secret), end) == ("# 医衡区域密钥 Yiheng region key, form 1", 64, "")
    assert (bytes.fromhex(secret), read_key(path)) == (key.secret, key)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    with pytest.raises(Refusal, match="is there already, and a key is never overwritten"):
        new_key(path)
    assert path.read_bytes() == before
    assert new_key(tmp_path / "other.key").secret != key.secret


def test_a_link_to_nowhere_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with pytest.raises(Refusal, match="is there already"):
        new_key(tmp_path / "link")
    assert not (tmp_path / "target").exists()


def test_a_key_is_kept_outside_data(tmp_path: Path) -> None:
    data = tmp_path / "DATA"
    (data / "commits").mkdir(parents=True)
    (data / "deep" / "er").mkdir(parents=True)
    (tmp_path / "link").symlink_to(data / "deep")
    for path in (data / "k", data / "commits" / "k", data / "deep" / "er" / "k", tmp_path / "link" / "k"):
        with pytest.raises(Refusal, match="a key is kept outside DATA -> a folder that is not in "):
            new_key(path)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["DATA", "commits", "deep", "er", "link"]


def test_a_key_needs_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    for folder in ("none", "file"):
        with pytest.raises(Refusal, match="there is no such folder"):
            new_key(tmp_path / folder / "k")


@pytest.mark.parametrize(
    "content",
    ["", "ab" * 32, "# 医衡区域密钥 Yiheng region key, form 1\n" + "ab" * 31, "# another\n" + "ab" * 32, "\ufeff\0"],
)
def test_what_is_no_key_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "k"
    path.write_text(content, encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(Refusal, match="is not a region key") as caught:
        read_key(path)
    assert "abab" not in str(caught.value)


def test_a_key_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "k", tmp_path):
        with pytest.raises(Refusal, match="there is no such key file -> yiheng cases key --new FILE"):
            read_key(path)


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX systems")
@pytest.mark.parametrize("mode", [0o604, 0o640, 0o644, 0o660, 0o602])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    new_key(tmp_path / "k")
    (tmp_path / "k").chmod(mode)
    with pytest.raises(Refusal, match=f"others than its owner can read this key -> chmod 600 {tmp_path / 'k'}"):
        read_key(tmp_path / "k")


def test_the_environment_names_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for unset in (None, ""):
        monkeypatch.delenv("YIHENG_KEY_FILE", raising=False)
        if unset is not None:
            monkeypatch.setenv("YIHENG_KEY_FILE", unset)
        assert key_from_environment() is None
    key = new_key(tmp_path / "k")
    monkeypatch.setenv("YIHENG_KEY_FILE", str(tmp_path / "k"))
    assert key_from_environment() == key
    monkeypatch.setenv("YIHENG_KEY_FILE", str(tmp_path / "none"))
    with pytest.raises(Refusal, match="there is no such key file"):
        key_from_environment()


def test_another_regions_key_is_refused() -> None:
    assert KEY.region_id() == hmac.new(KEY.secret, b"\x1fregion", hashlib.sha256).hexdigest()[:8]
    KEY.check_region(KEY.region_id())
    with pytest.raises(Refusal) as caught:
        KEY.check_region("0123abcd")
    assert str(caught.value) == (
        f"the region key is {KEY.region_id()}, but DATA was loaded with 0123abcd"
        " -> let YIHENG_KEY_FILE name the file of the key 0123abcd"
    )


def test_a_key_shows_nothing_of_itself() -> None:
    assert repr(KEY) == "Key()"
    assert "0001020304" not in f"{KEY}{KEY!r}{[KEY]}"
