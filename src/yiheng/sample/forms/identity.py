"""Identity numbers (身份证号) that nobody has: made when a form is written, never kept.

Their area begins with 99. The birth date fits the age at every admission of a patient, and the last digit is the right
one (GB 11643, ISO 7064 MOD 11-2).
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from yiheng.sample import columns
from yiheng.sample.forms.draws import Keys, below, further, keys, uniform
from yiheng.sample.forms.sheet import one_batch
from yiheng.sample.people import NEWBORN_DAYS
from yiheng.sample.tables import Bools, Ints, numbers, words

AREA = 990_000
AREAS, SERIALS = 10_000, 500
WEIGHTS = tuple(2**place % 11 for place in range(17, 0, -1))
CHECKS = "10X98765432"
STEMS, BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"
LAST_OF_OLD_NUMBERS = 1999
SCHEMA = pa.schema([
    ("hospital", pa.string()), ("case_id", pa.string()), ("name", pa.string()), ("kind", pa.string()),
    ("number", pa.string()), ("birth_date", pa.date32()),
])  # fmt: skip


def identities(seed: int, cases: pa.RecordBatch | pa.Table) -> pa.RecordBatch:
    """For every case, in its order: name, kind of document (`identity_kinds.csv`), number and birth date.

    All cases of a patient have one number, so give all cases that will be told of together. A number is null for those
    without; a patient whose ages contradict each other over his cases has none, and a birth date for each case.
    """
    batch = one_batch(cases)
    patient = pc.coalesce(batch["patient"], pc.binary_join_element_wise(batch["hospital"], batch["case_id"], "|"))
    encoded = patient.dictionary_encode()
    person = np.asarray(encoded.indices).astype(np.int64)
    key = keys(seed, encoded.dictionary)
    birth, agreed = _births(batch, person, key)
    kind = _kinds(batch, key, person, agreed)
    sex = np.asarray(pc.fill_null(batch["sex"], 1)).astype(np.int64)
    first = _first_rows(person, len(key))
    number = _numbers(key, birth[first], sex[first], kind[first])
    number = number.take(pa.array(person))
    own = pc.if_else(pa.array(agreed | _is(kind, "passport")), number, pa.scalar(None, pa.string()))
    return pa.RecordBatch.from_arrays(
        [
            batch["hospital"],
            batch["case_id"],
            _names(key).take(pa.array(person)),
            columns.chosen(words("identity_kinds", "kind"), kind),
            _with_mothers(batch, own, kind),
            columns.dates(birth, np.asarray(pc.is_valid(batch["admit_date"]))),
        ],
        schema=SCHEMA,
    )


def _is(kind: Ints, name: str) -> Bools:
    same: Bools = kind == words("identity_kinds", "kind").index(name)
    return same


def _first_rows(person: Ints, count: int) -> Ints:
    first = np.full(count, len(person))
    np.minimum.at(first, person, np.arange(len(person)))
    return first


def _births(batch: pa.RecordBatch, person: Ints, key: Keys) -> tuple[Ints, Bools]:
    """A birth date for each case, and whether it is that of all the patient's cases."""
    admit = np.asarray(pc.fill_null(batch["admit_date"].cast(pa.int32()), 0)).astype(np.int64)
    age = np.asarray(pc.fill_null(batch["age"], 0)).astype(np.int64)
    days = np.asarray(pc.fill_null(batch["age_days"], -1)).astype(np.int64)
    earliest = np.where(days >= 0, admit - days, _years_before(admit, age + 1) + 1)
    latest = np.where(days >= 0, admit - days, _years_before(admit, age))
    low, high = np.full(len(key), -(1 << 40)), np.full(len(key), 1 << 40)
    np.maximum.at(low, person, earliest)
    np.minimum.at(high, person, latest)
    agreed = (low <= high)[person]
    low, high = np.where(agreed, low[person], earliest), np.where(agreed, high[person], latest)
    return low + below(key[person], "birth", high - low + 1), agreed


def _years_before(day: Ints, years: Ints) -> Ints:
    """The same day so many years earlier; of 29 February the 28th."""
    date = day.astype("datetime64[D]")
    month = date.astype("datetime64[M]")
    of_month = (date - month).astype(np.int64)
    then = month - (12 * years).astype("timedelta64[M]")
    length = ((then + 1).astype("datetime64[D]") - then.astype("datetime64[D]")).astype(np.int64)
    earlier: Ints = then.astype("datetime64[D]").astype(np.int64) + np.minimum(of_month, length - 1)
    return earlier


def _kinds(batch: pa.RecordBatch, key: Keys, person: Ints, agreed: Bools) -> Ints:
    """A row of `identity_kinds.csv` for each case."""
    days = np.asarray(pc.fill_null(batch["age_days"], NEWBORN_DAYS + 1))
    newborn = days <= NEWBORN_DAYS
    chance = uniform(key, "kind")[person]
    found = np.where(newborn, _drawn("newborn", chance), _drawn("share", chance))
    kinds = words("identity_kinds", "kind")
    found = np.where(_is(found, "mother") & np.asarray(pc.is_null(batch["mother_case"])), kinds.index("none"), found)
    return np.where(agreed | _is(found, "passport") | _is(found, "mother"), found, kinds.index("none"))


def _drawn(column: str, chance: NDArray[np.float64]) -> Ints:
    bounds = np.cumsum(numbers("identity_kinds", column))
    return np.searchsorted(bounds[:-1] / bounds[-1], chance, side="right")


def _numbers(key: Keys, birth: Ints, sex: Ints, kind: Ints) -> pa.Array:
    """A number for each patient, no two the same."""
    date = birth.astype("datetime64[D]")
    year = date.astype("datetime64[Y]").astype(np.int64) + 1970
    month = date.astype("datetime64[M]").astype(np.int64) % 12 + 1
    day = (date - date.astype("datetime64[M]")).astype(np.int64) + 1
    dated = year * 10_000 + month * 100 + day
    area, serial = _apart(key, dated, sex)
    whole = area * 10**11 + dated * 1000 + serial
    long = pc.binary_join_element_wise(pa.array(whole).cast(pa.string()), columns.chosen(CHECKS, _check(whole)), "")
    short = pa.array(area * 10**9 + dated % 10**6 * 1000 + serial).cast(pa.string())
    passport = columns.serial("DM", 1_000_000 + below(key, "passport", 9_000_000))
    is_old = _is(kind, "id15") & (year <= LAST_OF_OLD_NUMBERS)
    found = pc.if_else(pa.array(is_old), short, pc.if_else(pa.array(_is(kind, "passport")), passport, long))
    return pc.if_else(pa.array(_is(kind, "none") | _is(kind, "mother")), pa.scalar(None, pa.string()), found)


def _apart(key: Keys, dated: Ints, sex: Ints) -> tuple[Ints, Ints]:
    """Area and serial number of each patient, drawn again where two patients would have the same number."""
    again, attempt = np.ones(len(key), bool), 0
    area, serial = np.zeros(len(key), np.int64), np.zeros(len(key), np.int64)
    while again.any():
        drawn = further(key[again], attempt)
        area[again] = AREA + below(drawn, "area", AREAS)
        serial[again] = 2 * below(drawn, "serial", SERIALS) + (sex[again] == 1)
        whole = area * 10**11 + dated * 1000 + serial
        again = np.ones(len(key), bool)
        again[np.unique(whole, return_index=True)[1]] = False
        attempt += 1
    return area, serial


def _check(whole: Ints) -> Ints:
    """The place in CHECKS for 17 digits."""
    total = np.zeros(len(whole), np.int64)
    for place, weight in enumerate(WEIGHTS):
        total += whole // 10 ** (16 - place) % 10 * weight
    return total % 11


def with_check(digits: str) -> str:
    """17 digits as a number with its check digit."""
    return digits + CHECKS[int(_check(np.array([int(digits)]))[0])]


def _names(key: Keys) -> pa.Array:
    pool = [f"演示{stem}{branch}" for stem in STEMS for branch in BRANCHES]
    return columns.chosen(pool, below(key, "name", len(pool)))


def _with_mothers(batch: pa.RecordBatch, own: pa.Array, kind: Ints) -> pa.Array:
    """The mother's number for those newborns that are told of with it; null if she is not among the cases."""
    joined = [pc.binary_join_element_wise(batch["hospital"], batch[name], "|") for name in ("case_id", "mother_case")]
    place = pc.index_in(joined[1], joined[0])
    return pc.if_else(pa.array(_is(kind, "mother")), own.take(place), own)
