"""How far the outline pack agrees with the full rules of CHS-DRG 1.1: the golden cases, grouped by both.

    .venv/bin/python benchmarks/outline.py [--kind typical]

The golden cases are made up, their codes drawn by rule list and not by how often they occur: the shares say how near
the outline comes to the full lists of codes, not how many patients of a hospital it groups as they do.
"""

import argparse
import os
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq

from yiheng.drg.case import case_of
from yiheng.drg.packs.opening import open_pack
from yiheng.drg.reference import group

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("YIHENG_SHARED") or ROOT.parent / "shared")
PACK = "chs-drg-1.1-outline"
LEVELS = ("mdc", "adrg", "drg")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", default="typical")
    options = parser.parse_args()
    pack = open_pack(PACK)
    golden = pq.read_table(SHARED / "golden" / "chs_drg_11.parquet").to_pylist()
    cases = [row for row in golden if row["kind"] == options.kind]
    if not cases:
        parser.error(f"--kind is none of {', '.join(sorted({row['kind'] for row in golden}))}")
    print(f"{pack.id} ({pack.identity.issuer}), {len(cases):,} cases of kind {options.kind}")
    agreeing: Counter[tuple[str, str]] = Counter()
    for row in cases:
        found = group(pack, case_of(row, pack.switches.weight_column))
        for level in LEVELS:
            agreeing[level, row["exp_mdc"]] += (getattr(found, level) or "") == row[f"exp_{level}"]
    for level in LEVELS:
        count = sum(agreeing[level, mdc] for mdc in {row["exp_mdc"] for row in cases})
        print(f"{level:<5} {count:>6,} of {len(cases):,}  {count / len(cases):6.1%}")
    for mdc, count in sorted(Counter(row["exp_mdc"] for row in cases).items()):
        shares = "  ".join(
            f"{level} {agreeing[level, mdc]:>4} ({agreeing[level, mdc] / count:4.0%})" for level in LEVELS
        )
        print(f"  {mdc or '-'} {count:>5}  {shares}")


if __name__ == "__main__":
    main()
