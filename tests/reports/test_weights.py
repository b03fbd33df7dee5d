"""reports.weights: both weights side by side, only where the pack has some."""

from dataclasses import replace

import pyarrow as pa

from yiheng.norms.published import SCHEMA
from yiheng.reports.content import content
from yiheng.reports.weights import two_weights


def test_both_case_mixes_stand_side_by_side(outlined):
    grouping = outlined.groupings[-1]
    codes = grouping.by["hospital"]["hospital"].to_pylist()
    mixes = [1.25 if place else None for place in range(len(codes))]
    rows = [
        {"hospital": code, "pack_weight_cases": 10 * place, "pack_weight": 12.5 * place, "pack_cmi": mixes[place]}
        for place, code in enumerate(codes)
    ]
    its = replace(grouping, published=pa.Table.from_pylist(rows, schema=SCHEMA))
    section = two_weights(outlined, its)
    (table,) = section.tables
    assert [column.id for column in table.columns][3:] == [
        "own_weight_cases", "own_cmi", "pack_weight_cases", "pack_cmi",
    ]  # fmt: skip
    own = dict(zip(codes, grouping.by["hospital"]["cmi"].to_pylist(), strict=True))
    assert dict(zip(table.values("code_of_hospital"), table.values("own_cmi"), strict=True)) == own
    assert table.values("pack_cmi") == (*[1.25] * (len(codes) - 1), None)
    cases = 10 * sum(range(len(codes)))
    assert section.lead[0].en == f"By the pack's weights the region's CMI is 1.250, over {cases:,} cases with a weight."


def test_a_pack_without_weights_has_no_such_section(outlined):
    assert all("weights" not in section.id for section in content(outlined).sections)
