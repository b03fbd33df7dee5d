"""Fees (费用): the total of every case in whole fen, and its fourteen categories that add up to it."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from yiheng.base.money import FEN_PER_YUAN
from yiheng.sample.chance import stream
from yiheng.sample.diseases import diseases
from yiheng.sample.pathway import Pathway
from yiheng.sample.people import People
from yiheng.sample.region import Region
from yiheng.sample.stays import Stays, year_effect
from yiheng.sample.tables import Floats, Ints, numbers, setting, table, words

CATEGORIES = tuple(f"fee_{number:02}" for number in range(1, 15))
BED, NURSING, MATERIALS = 0, 6, 7
DRUGS = slice(8, 11)
WESTERN = 8
SHARE_UNIT = 1_000_000


@dataclass
class Fees:
    """Whole fen: `total` and `excluded` one entry a case, `parts` cases x 14 (fee_01 .. fee_14)."""

    total: Ints
    parts: Ints
    excluded: Ints


def fees(seed: int, year: int, block: int, people: People, pathway: Pathway, stays: Stays, region: Region) -> Fees:
    """What every case of a block cost."""
    rng = stream(seed, "fee", year, block)
    total = _totals(rng, year, people, pathway, stays, region)
    parts = split_rows(total, _shares(rng, year, people, pathway, stays))
    return Fees(total, parts, _excluded(rng, people, parts))


def split_rows(total: Ints, shares: Ints) -> Ints:
    """Each total (fen, not negative) divided by its row of whole shares, exactly (最大余额法).

    The same as `money.split` with the columns as ids: rounded down, then one fen to the largest remainders, the first
    column winning a tie. A share total of SHARE_UNIT and totals up to 9e12 fen stay within int64.
    """
    whole = shares.sum(axis=1, keepdims=True)
    product = total[:, None] * shares
    parts = product // whole
    remainder = product - parts * whole
    left = total - parts.sum(axis=1)
    order = np.argsort(-remainder, axis=1, kind="stable")
    first = np.arange(shares.shape[1])[None, :] < left[:, None]
    more = np.zeros_like(parts)
    np.put_along_axis(more, order, first.astype(np.int64), axis=1)
    return np.asarray(parts + more)


def _totals(
    rng: np.random.Generator, year: int, people: People, pathway: Pathway, stays: Stays, region: Region
) -> Ints:
    figures = diseases().figures
    size = len(people.disease)
    tail = np.where(rng.random(size) < setting("severe_tail"), setting("severe_tail_factor"), 1.0)
    chance = figures["fee_spread"][people.disease] * setting("own_spread") * tail * rng.standard_normal(size)
    effect = region.hospital_fee[people.hospital] + region.physician_fee[stays.physician] + pathway.fee
    day = np.where(stays.care > 1, setting("day_fee"), 1.0)
    yuan = figures["fee"][people.disease] * np.exp(chance + effect + setting("fee_with_stay") * stays.noise) * day
    fen: Floats = np.maximum(yuan * year_effect(year, "fee"), setting("fee_floor")) * FEN_PER_YUAN
    return np.rint(fen).astype(np.int64)


@cache
def structures() -> Floats:
    """Shares of the fourteen categories (structures x 14), in the order of `fee_structure.csv`."""
    return np.stack([numbers("fee_structure", name) for name in CATEGORIES], axis=1)


def _shares(rng: np.random.Generator, year: int, people: People, pathway: Pathway, stays: Stays) -> Ints:
    """Whole shares of each case: its structure, in TCM hospitals partly TCM; chance and stay on top."""
    names = words("fee_structure", "structure")
    of_disease = np.array([names.index(name) for name in words("diseases", "structure")])
    of_package = np.array([names.index(row["structure"]) if row["structure"] else -1 for row in table("packages")])
    package = np.where(pathway.package >= 0, of_package[pathway.package], -1)
    structure = np.where(package >= 0, package, of_disease[people.disease])
    chinese = numbers("hospitals", "tcm_share")[people.hospital][:, None]
    shares = (1 - chinese) * structures()[structure] + chinese * structures()[names.index("tcm")]
    shares *= np.exp(setting("share_spread") * rng.standard_normal(shares.shape))
    longer = np.exp(setting("bed_with_stay") * stays.noise)
    shares[:, BED] *= longer
    shares[:, NURSING] *= longer
    shares[:, MATERIALS] *= year_effect(year, "materials")
    whole: Floats = shares / shares.sum(axis=1, keepdims=True) * SHARE_UNIT
    return np.rint(whole).astype(np.int64)


def _excluded(rng: np.random.Generator, people: People, parts: Ints) -> Ints:
    """Negotiated drugs outside the package, a part of the western drugs of some tumour cases."""
    families = words("families", "family")
    tumour = np.isin(diseases().family[people.disease], [families.index("tumour"), families.index("chemo")])
    some = tumour & (rng.random(len(tumour)) < setting("excluded"))
    part = np.rint(SHARE_UNIT * setting("excluded_part") * rng.random(len(tumour))).astype(np.int64)
    return np.where(some, parts[:, WESTERN] * part // SHARE_UNIT, 0)
