"""Who pays (费用支付): payer and the parts of the total, in whole fen; they add up to the total on every case."""

from dataclasses import dataclass

import numpy as np

from yiheng.base.money import FEN_PER_YUAN
from yiheng.sample.chance import cumulative, pick_any, stream
from yiheng.sample.diseases import diseases
from yiheng.sample.people import People
from yiheng.sample.tables import Bools, Floats, Ints, numbers, setting, table, words

PARTS = 1_000_000
STUDENT, WORKING, RETIRED = 15, 22, 60


@dataclass
class Payments:
    """`payer` is a row of `payers.csv`; amounts in whole fen, one entry a case."""

    payer: Ints
    pool: Ints
    large: Ints
    aid: Ints
    other_fund: Ints
    account: Ints
    cash: Ints


def payments(seed: int, year: int, block: int, people: People, person: Ints, total: Ints) -> Payments:
    """Pool, serious-illness cover, aid, other funds, personal account, and cash for what is left."""
    rng = stream(seed, "payment", year, block)
    size = len(total)
    payer = _payer(people, rng.random(size)[person])
    poor, has_account = rng.random(size)[person], rng.random(size)[person]
    level, outside = _level(people.hospital), _away(people)
    covered = _part(total, _between("covered", payer, rng.random(size)))
    pool = _pool(covered, payer, level, outside)
    left = covered - pool
    large = _part(np.maximum(left - _fen("large_from")[payer], 0), _figure("large_ratio")[payer])
    aid_ratio = np.where(poor < _figure("aid_share")[payer], _figure("aid_ratio")[payer], 0.0)
    aid = _part(left - large, aid_ratio)
    other_fund = _part(covered - pool - large - aid, _figure("other_ratio")[payer])
    own = total - pool - large - aid - other_fund
    account = np.where(has_account < _figure("account_share")[payer], _balance(rng, payer), 0)
    account = np.minimum(account, own)
    return Payments(payer, pool, large, aid, other_fund, account, own - account)


def _pool(covered: Ints, payer: Ints, level: Ints, outside: Bools) -> Ints:
    """The pool's part: of what exceeds the deductible, less outside the region, up to the yearly cap."""
    deductible = np.stack([_fen(f"deductible_{number}") for number in (1, 2, 3)])[level - 1, payer]
    ratio = np.stack([_figure(f"ratio_{number}") for number in (1, 2, 3)])[level - 1, payer]
    ratio = np.where(outside, ratio * _figure("outside_factor")[payer], ratio)
    return np.minimum(_part(np.maximum(covered - deductible, 0), ratio), _fen("cap")[payer])


def _figure(column: str) -> Floats:
    return numbers("payers", column)


def _fen(column: str) -> Ints:
    """A column of yuan in whole fen."""
    return np.rint(_figure(column) * FEN_PER_YUAN).astype(np.int64)


def _part(amount: Ints, share: Floats) -> Ints:
    """Whole fen, rounded down: the last payer takes what is left."""
    return amount * np.rint(share * PARTS).astype(np.int64) // PARTS


def _between(column: str, payer: Ints, uniform: Floats) -> Floats:
    low, high = _figure(f"{column}_low")[payer], _figure(f"{column}_high")[payer]
    return low + (high - low) * uniform


def _balance(rng: np.random.Generator, payer: Ints) -> Ints:
    yuan = _figure("account_mean")[payer] * rng.exponential(1, len(payer))
    return np.rint(yuan * FEN_PER_YUAN).astype(np.int64)


def _payer(people: People, uniform: Floats) -> Ints:
    return pick_any(_payer_bounds(people), np.arange(len(uniform)), uniform)


def _payer_bounds(people: People) -> Floats:
    """Added-up chances of each payer (cases x payers): the area's employees by age, times the family's mix."""
    mix = {row["family"]: row for row in table("payer_mix")}
    names = words("payers", "payer")
    rows = [mix.get(family, mix["*"]) for family in words("families", "family")]
    weight = np.array([[float(row[name]) for name in names] for row in rows])[diseases().family[people.disease]]
    employed = np.clip(numbers("areas", "employee")[people.area] * _by_age(people.age), 0, 1)
    for name in ("employee", "maternity"):
        weight[:, names.index(name)] *= employed
    weight[:, names.index("resident")] *= 1 - employed
    return cumulative(weight)


def _by_age(age: Ints) -> Floats:
    factors = [0.0, setting("student_age"), setting("working_age"), setting("retired_age")]
    return np.array(factors)[np.searchsorted([STUDENT, WORKING, RETIRED], age, side="right")]


def _level(hospital: Ints) -> Ints:
    return np.array([int(level) for level in words("hospitals", "level")])[hospital]


def _away(people: People) -> Bools:
    """Treated away from where they are insured: residents outside, or visitors here."""
    outside = np.array([group == "" for group in words("hospitals", "group")])
    visitor = np.array([zone != "0" for zone in words("areas", "zone")])
    away: Bools = outside[people.hospital] | visitor[people.area]
    return away
