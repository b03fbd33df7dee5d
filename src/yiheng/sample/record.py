"""The record (病案记录): the arrays of a block as the columns of the contract `cases`."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa

from yiheng.sample import columns
from yiheng.sample.chance import pick_any, spread_out, stream
from yiheng.sample.diseases import diseases
from yiheng.sample.fees import CATEGORIES, DRUGS, MATERIALS, Fees
from yiheng.sample.front import front_fees
from yiheng.sample.links import Links
from yiheng.sample.outcomes import EMERGENCY, Outcomes
from yiheng.sample.pathway import Pathway, package_procedures, positions
from yiheng.sample.payments import Payments
from yiheng.sample.people import NEWBORN_DAYS, People
from yiheng.sample.region import EMERGENCY as EMERGENCY_WARD
from yiheng.sample.region import Region
from yiheng.sample.stays import Stays
from yiheng.sample.tables import Bools, Ints, numbers, setting, table, words
from yiheng.tables.contract import contract

DX_EDITION = "ICD-10 医保2.0"
PROC_EDITION = "ICD-9-CM-3 医保2.0"
PRESENT, UNSURE, UNKNOWN, ACQUIRED = 1, 2, 3, 4
Columns = dict[str, pa.Array]


@dataclass
class Flat:
    """Codes of all cases, flat: the case and code of each, and a mark."""

    case: Ints
    code: Ints
    mark: Bools


@dataclass
class Block:
    """All that was drawn for one block; `first` is the number of its first case within the year."""

    seed: int
    year: int
    number: int
    first: int
    region: Region
    people: People
    pathway: Pathway
    stays: Stays
    links: Links
    outcomes: Outcomes
    fees: Fees
    payments: Payments

    @property
    def size(self) -> int:
        return len(self.people.disease)

    def serials(self, index: Ints) -> Ints:
        """A number for each case that no other case of any year has."""
        return self.year * 1_000_000_000 + self.first + index


def batch(block: Block) -> pa.RecordBatch:
    """The block's record batch; what only a source or a load says, such as `group`, is null."""
    rng = stream(block.seed, "record", block.year, block.number)
    made: Columns = {}
    for part in (_where, _person, _when, _care, _diagnoses, _procedures, _chinese, _money, _paid):
        made |= part(block, rng)
    schema = contract("cases").schema
    absent = {kind: pa.nulls(block.size, kind) for kind in {field.type for field in schema if field.name not in made}}
    arrays = [made[field.name] if field.name in made else absent[field.type] for field in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _where(block: Block, rng: np.random.Generator) -> Columns:
    everyone = np.arange(block.size)
    departments = words("departments", "code")
    through = _through(block, rng)
    dept = block.stays.dept
    passed = columns.lists(columns.chosen(departments, dept[through >= 0]), (through >= 0).astype(np.int64))
    return {
        "hospital": columns.chosen(words("hospitals", "code"), block.people.hospital),
        "case_id": columns.serial("C", block.serials(everyone)),
        "settlement_id": columns.serial("S", block.serials(everyone), ~_pays_alone(block)),
        "patient": columns.tokens("demo-", block.seed, block.serials(block.links.person)),
        "mother_case": columns.serial("C", block.serials(block.people.mother), block.people.mother >= 0),
        "dept": columns.chosen(departments, dept),
        "admit_dept": columns.chosen(departments, np.where(through >= 0, through, dept)),
        "transfer_depts": passed,
        "physician": columns.chosen(block.region.physician_code, block.stays.physician),
        "from_hospital": columns.chosen(words("hospitals", "code"), block.outcomes.sender),
        "to_hospital": columns.chosen(words("hospitals", "code"), block.outcomes.receiver),
    }


def _through(block: Block, rng: np.random.Generator) -> Ints:
    """The emergency department through which a case came to its own, -1 for none."""
    emergency = block.region.dept_of[block.people.hospital, words("departments", "code").index(EMERGENCY_WARD)]
    moved = (rng.random(block.size) < setting("moved")) & (block.outcomes.admit_way == EMERGENCY)
    return np.where(moved & (emergency != block.stays.dept) & (block.stays.los > 1), emergency, -1)


def _pays_alone(block: Block) -> Bools:
    alone: Bools = block.payments.payer == words("payers", "payer").index("self")
    return alone


def _person(block: Block, rng: np.random.Generator) -> Columns:
    people = block.people
    area = columns.chosen(words("areas", "code"), people.area)
    insured_area = np.where(_pays_alone(block), -1, people.area)
    birth, now = _weights(block, rng)
    newborn = (people.age_days >= 0) & (people.age_days <= NEWBORN_DAYS)
    return {
        "residence": area,
        "insured_area": columns.chosen(words("areas", "code"), insured_area),
        "out_of_area": columns.numbers(_out_of_area(people), pa.int8()),
        "sex": columns.numbers(people.sex, pa.int8()),
        "age": columns.numbers(people.age, pa.int16()),
        "age_days": columns.numbers(people.age_days, pa.int32(), people.age_days >= 0),
        "weight_g": columns.numbers(now, pa.int32(), newborn),
        "birth_weight_g": columns.numbers(birth, pa.int32(), newborn),
        "admit_weight_g": columns.numbers(now, pa.int32(), newborn),
    }


def _weights(block: Block, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Birth weight and weight at admission in tens of grams; a newborn gains after the first days."""
    preterm = diseases().ids.index("newborn_preterm")
    early = block.people.disease == preterm
    mean = np.where(early, setting("preterm_weight"), setting("birth_weight"))
    spread = np.where(early, setting("preterm_weight_sd"), setting("birth_weight_sd"))
    birth = np.clip(mean + spread * rng.standard_normal(block.size), setting("weight_least"), setting("weight_most"))
    birth = np.where(early, np.minimum(birth, setting("preterm_most")), np.maximum(birth, setting("term_least")))
    now = birth + setting("gain") * np.maximum(block.people.age_days - setting("gain_from"), 0)
    return np.rint(birth / 10).astype(np.int64) * 10, np.rint(now / 10).astype(np.int64) * 10


def _out_of_area(people: People) -> Ints:
    """0 treated where insured; 1 and 2 across the region's border, within the province or beyond, whichever way."""
    zone = {row["code"]: int(row["zone"]) for row in table("areas")}
    of_area = np.array(list(zone.values()))[people.area]
    of_hospital = np.array([zone[area] for area in words("hospitals", "area")])[people.hospital]
    either: Ints = np.maximum(of_area, of_hospital)
    return either


def _when(block: Block, rng: np.random.Generator) -> Columns:
    later = (rng.random(block.size) < setting("settled_later")) * (
        1 + np.floor(setting("settled_days") * rng.random(block.size))
    )
    return {
        "year": columns.numbers(np.full(block.size, block.year), pa.int16()),
        "admit_date": columns.dates(block.stays.admit),
        "discharge_date": columns.dates(block.stays.discharge),
        "settle_date": columns.dates(block.stays.discharge + later.astype(np.int64)),
        "los": columns.numbers(block.stays.los, pa.int32()),
    }


def _care(block: Block, _: np.random.Generator) -> Columns:
    outcome = block.outcomes
    nursing = {f"nurse_days_{level}": columns.numbers(days, pa.int16()) for level, days in enumerate(outcome.nursing)}
    return nursing | {
        "care_type": columns.numbers(block.stays.care, pa.int8()),
        "admit_way": columns.numbers(outcome.admit_way, pa.int8()),
        "discharge": columns.numbers(outcome.discharge, pa.int8()),
        "planned_readmit": pa.array(outcome.planned),
        "interim": pa.array(outcome.interim),
        "icu_hours": pa.array(outcome.icu_hours),
        "vent_hours": pa.array(outcome.vent_hours),
    }


def _diagnoses(block: Block, rng: np.random.Generator) -> Columns:
    pool = words("diagnoses", "code")
    has = block.pathway.accompanied >= 0
    comorbid = block.pathway.comorbid
    first = Flat(np.arange(block.size), block.pathway.principal, np.zeros(block.size, bool))
    second = Flat(np.flatnonzero(has), block.pathway.accompanied[has], np.zeros(int(has.sum()), bool))
    whole = _in_order(first, second, Flat(comorbid.case, comorbid.code, comorbid.acquired))
    doubt = rng.random(len(whole.case)) < setting("unsure")
    doubt &= np.concatenate([[False], whole.case[1:] == whole.case[:-1]])
    present = np.where(whole.mark, ACQUIRED, np.where(doubt, UNSURE + (whole.code % 2), PRESENT))
    count = np.bincount(whole.case, minlength=block.size)
    return {
        "dx": columns.lists(columns.chosen(pool, whole.code), count),
        "dx_present": columns.lists(columns.numbers(present, pa.int8()), count),
        "dx_edition": columns.chosen([DX_EDITION], np.zeros(block.size, np.int64)),
        "external_cause": columns.chosen(pool, _external(block, rng)),
        "pathology": columns.chosen(pool, _pathology(block, rng)),
    }


def _in_order(*parts: Flat) -> Flat:
    """Flat lists as one, by case; within a case in the order of the parts."""
    case = np.concatenate([part.case for part in parts])
    order = np.argsort(case, kind="stable")
    code, mark = (np.concatenate([getattr(part, name) for part in parts]) for name in ("code", "mark"))
    return Flat(case[order], code[order], mark[order])


def _external(block: Block, rng: np.random.Generator) -> Ints:
    """The external cause of an injury, -1 for none: the disease's own, else one that fits the age."""
    codes = positions("diagnoses")
    uniform = rng.random(block.size)
    age = block.people.age[:, None]
    fits = (numbers("external", "age_from") <= age) & (age <= numbers("external", "age_to"))
    weight = np.cumsum(np.where(fits, numbers("external", "weight"), 0.0), axis=1)
    found = (weight <= (uniform * weight[:, -1])[:, None]).sum(axis=1)
    pool = np.array([codes[code] for code in words("external", "code")])
    own = {row["disease"]: codes[row["code"]] for row in table("external_of")}
    fixed = np.array([own.get(name, -1) for name in diseases().ids])[block.people.disease]
    caused = np.where(fixed >= 0, fixed, pool[np.minimum(found, len(pool) - 1)])
    return np.where(_injured()[block.people.disease], caused, -1)


@cache
def _injured() -> Bools:
    """Diseases whose principal diagnosis is an injury or poisoning (S, T)."""
    return np.array([codes[0][0] in "ST" for codes in diseases().codes])


def _pathology(block: Block, rng: np.random.Generator) -> Ints:
    """The morphology code of a tumour, -1 for none."""
    codes, of = positions("diagnoses"), diseases()
    width = of.pathology_bounds.shape[1]
    pool = np.array([[codes[code] for code in row] + [-1] * (width - len(row)) for row in of.pathology])
    disease = block.people.disease
    return pool[disease, pick_any(of.pathology_bounds, disease, rng.random(block.size))]


def _procedures(block: Block, rng: np.random.Generator) -> Columns:
    whole, main = _all_procedures(block)
    nights = block.stays.discharge - block.stays.admit
    day = np.floor(rng.random(block.size) ** setting("operation_early") * (nights + 1)).astype(np.int64)
    any_day = np.floor(rng.random(len(whole.case)) * (nights[whole.case] + 1)).astype(np.int64)
    date = block.stays.admit[whole.case] + np.where(main, day[whole.case], any_day)
    level = numbers("operations", "level").astype(np.int64)[whole.code]
    count = np.bincount(whole.case, minlength=block.size)
    return {
        "proc": columns.lists(columns.chosen(words("operations", "code"), whole.code), count),
        "proc_date": columns.lists(columns.dates(date), count),
        "proc_level": columns.lists(columns.numbers(level, pa.int8()), count),
        "proc_edition": columns.chosen([PROC_EDITION], np.zeros(block.size, np.int64)),
    }


def _all_procedures(block: Block) -> tuple[Flat, Bools]:
    """The package's procedures, then the further ones that it does not hold; and which are the package's."""
    start, count, codes = package_procedures()
    package = block.pathway.package
    some = np.where(package >= 0, count[package], 0)
    case, flat = spread_out(start[package], some)
    main = Flat(case, codes[flat], np.ones(len(case), bool))
    extra = block.pathway.extra
    held = np.isin(extra.case * 4096 + extra.code, main.case * 4096 + main.code)
    more = Flat(extra.case[~held], extra.code[~held], np.zeros(int((~held).sum()), bool))
    whole = _in_order(main, more)
    return whole, whole.mark


def _chinese(block: Block, rng: np.random.Generator) -> Columns:
    """TCM disease and syndrome, in TCM hospitals only, as terms."""
    terms = {row["family"]: row for row in table("tcm_terms")}
    rows = [terms.get(family) for family in words("families", "family")]
    syndromes = [row["syndromes"].split("|") if row else [] for row in rows]
    pool = [syndrome for found in syndromes for syndrome in found]
    count = np.array([len(found) for found in syndromes])
    family = diseases().family[block.people.disease]
    tcm = np.array([kind == "tcm" for kind in words("hospitals", "kind")])[block.people.hospital]
    known = tcm & (count[family] > 0)
    index = (np.cumsum(count) - count)[family] + np.floor(rng.random(block.size) * count[family]).astype(np.int64)
    names = columns.chosen([row["disease"] if row else "" for row in rows], np.where(known, family, -1))
    one = columns.lists(columns.chosen(pool, index[known]), known.astype(np.int64), known)
    return {"tcm_dx": names, "tcm_syndrome": one}


def _money(block: Block, _: np.random.Generator) -> Columns:
    parts = block.fees.parts
    categories = {name: columns.money(np.ascontiguousarray(parts[:, index])) for index, name in enumerate(CATEGORIES)}
    front = front_fees(block.seed, block.year, block.number, block.people, block.fees)
    on_front_page = {name: columns.money(np.ascontiguousarray(fen)) for name, fen in front.items()}
    return (
        categories
        | on_front_page
        | {
            "total_fee": columns.money(block.fees.total),
            "drug_fee": columns.money(parts[:, DRUGS].sum(axis=1)),
            "material_fee": columns.money(np.ascontiguousarray(parts[:, MATERIALS])),
            "excluded_fee": columns.money(block.fees.excluded),
        }
    )


def _paid(block: Block, _: np.random.Generator) -> Columns:
    paid = block.payments
    return {
        "pool_pay": columns.money(paid.pool),
        "large_pay": columns.money(paid.large),
        "aid_pay": columns.money(paid.aid),
        "other_fund": columns.money(paid.other_fund),
        "account_pay": columns.money(paid.account),
        "cash_pay": columns.money(paid.cash),
        "patient_pay": columns.money(paid.account + paid.cash),
        "payer": columns.chosen(words("payers", "payer"), paid.payer),
    }
