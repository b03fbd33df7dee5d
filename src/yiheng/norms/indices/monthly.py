"""Monthly sums (月度汇总): counts and sums of cases by all that tells them apart; every other unit is a sum of it."""

import ibis.expr.types as ir

from yiheng.norms.sums import CORE, sums

KEYS = ("hospital", "dept", "physician", "group", "payer", "month", "county", "area", "hospital_class")


def monthly(facts: ir.Table) -> ir.Table:
    """One row for each of KEYS (text) that occurs, with CORE of `norms.sums` (int64; squares decimal(38,0)).

    - n: cases; fee_cases, fee, fee_square: those with a fee, fen, fen x fen; los_cases, los, los_square: days
    - drug_cases, drug, drug_of; material_cases, material, material_of: cases with that part and a fee, the part's fen,
      their fees
    - death_cases, deaths: cases whose way of leaving is known, those that died
    - return_cases, returned_same, returned_any: stays one can return from, returned to that hospital, to any
    - away_cases, away: cases known to be insured here or not, those that are not
    - home_cases, outside: cases whose home and hospital's area are known, those where they are two
    """
    return sums(facts, KEYS).select(*KEYS, *CORE)


def as_cells(table: ir.Table) -> ir.Table:
    """Monthly sums as a cell table of `norms.cells`, of which every unit of `norms.build` can be made."""
    return table.rename(grp="group")
