"""norms.indices.diagnosis: the disease of a case, equal to `codes.keys` code by code."""

from typing import Any

from yiheng.codes.keys import key
from yiheng.norms.indices.diagnosis import with_diagnosis


def test_the_disease_of_a_case(as_cases: Any) -> None:
    given: list[tuple[list[str | None] | None, str | None]] = [
        (["I63.900", "I10"], None), (["ｊ18.9"], "ICD-10 医保2.0"), (["MUS010"], "CCSR"), ([], None), (None, None),
        ([None, "I10"], None), ([" "], None), (["I1"], "ICD-10"),
    ]  # fmt: skip
    rows = [{"row": place, "dx": dx, "dx_edition": edition} for place, (dx, edition) in enumerate(given)]
    for chars, known in ((3, ["I63", "J18", "MUS010"]), (4, ["I63.9", "J18.9", "MUS010"])):
        table = with_diagnosis(as_cases(rows), chars).order_by("row").to_pyarrow()
        assert table["diagnosis"].to_pylist() == [*known, None, None, None, None, "I1"]
        for (dx, edition), found in zip(given, table["diagnosis"].to_pylist(), strict=True):
            principal = dx[0] if dx else None
            assert (found or "") == ("" if principal is None else key("dx", principal, chars, edition))
