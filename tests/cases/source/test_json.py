"""Settlement lists become rows one by one, whatever they are wrapped in; nothing in a file is lost or guessed."""

import gzip
import itertools
import json
import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yiheng.base.refusal import Refusal
from yiheng.cases.source import json as module
from yiheng.cases.source import json_header, json_objects, json_rows

LIST = """{"setlinfo": {"setl_id": "S1", "age": 66, "nwb_bir_wt": 3250.00, "nwb_adm_wt": null, "is": true, "x": ""},
"payinfo": [{"fund_pay_type": "310100", "fund_payamt": 1.50}],
"diseinfo": [{"diag_code": "I63.9", "adm_cond_type": "1"}, {"diag_code": null},
{"diag_code": "I10", "maindiag_flag": 0}],
"oprninfo": [], "icuinfo": {"scs_cutd_sum_dura": "1/2/3"}, "mul": ["a", null, 2]}"""
COLUMNS = {
    "setl_id": "S1", "age": "66", "nwb_bir_wt": "3250.00", "nwb_adm_wt": None, "is": "true", "x": "",
    "payinfo.fund_pay_type": "310100", "payinfo.fund_payamt": "1.50",
    "diseinfo.diag_code": "I63.9\x1f\x1fI10", "diseinfo.adm_cond_type": "1\x1f\x1f",
    "diseinfo.maindiag_flag": "\x1f\x1f0", "icuinfo.scs_cutd_sum_dura": "1/2/3", "mul": "a\x1f\x1f2",
}  # fmt: skip


def write(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "a.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(path: Path, *wanted: str) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """All rows (number first), and all findings."""
    rows, found = [], []
    for each in json_rows(path, list(wanted)):
        rows += [(n, *row.values()) for n, row in zip(each.numbers.tolist(), each.table.to_pylist(), strict=True)]
        found += [(one.row, one.column, one.value, one.rule) for one in each.broken]
    return rows, found


def test_a_list_becomes_a_row_of_text(tmp_path: Path) -> None:
    path = write(tmp_path, LIST)
    assert json_header(path) == list(COLUMNS)
    [rows] = json_rows(path, [*COLUMNS, "oprninfo.oprn_oprt_code"])
    assert rows.table.to_pylist() == [COLUMNS | {"oprninfo.oprn_oprt_code": None}]
    assert (rows.numbers.tolist(), rows.broken, rows.hazards) == ([1], [], [])
    [(number, given_back)] = json_objects(path, {1})
    assert number == 1
    assert given_back == json.loads(LIST, parse_float=Decimal)


def lists(count: int) -> list[str]:
    return [f'{{"setlinfo": {{"setl_id": "{n}"}}, "payinfo": [{{"a": {n}.50}}, {{}}]}}' for n in range(1, count + 1)]


WRAPPINGS = {
    "one": "{0}",
    "array": "[{0}, {1}, {2}]",
    "lines": "{0}\n{1}\r\n{2}\n",
    "one after the other": "{0}{1} {2}",
    "input": '{{"infno": "4101", "input": {0}, "sign": "x"}}',
    "input, data": '{{"infno": "4101", "msgid": {{"input": 1}}, "input": {{"n": 3, "data": [{0}, {1}, {2}]}}}}',
    "data, input": '{{"data": {{"input": [{0}]}}}}',
    "data": '{{"data": [{0}, {1}], "input": {2}}}',
    "array of envelopes": '[{{"input": {0}}}, {{"input": {{"data": [{1}, {2}]}}}}]',
    "lines of envelopes": '{{"input": {0}}}\n{{"input": {1}}}\n{{"data": {2}}}\n',
}


@pytest.mark.parametrize("how", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "gzip"])
@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_wrappings_and_encodings(wrapping: str, how: str, tmp_path: Path) -> None:
    text = WRAPPINGS[wrapping].format(*(each.replace('"setl_id"', '"清单号"') for each in lists(3)))
    count = sum(f"{{{n}}}" in WRAPPINGS[wrapping] for n in range(3))
    path = write(tmp_path, gzip.compress(text.encode()) if how == "gzip" else text.encode(how))
    assert json_header(path) == ["清单号", "payinfo.a"]
    rows = [(n, str(n), f"{n}.50\x1f") for n in range(1, count + 1)]
    assert read(path, "清单号", "payinfo.a") == (rows, [])
    assert [number for number, _ in json_objects(path, range(9))] == list(range(1, count + 1))


def test_fields_at_the_top_level_are_taken_where_there_is_no_setlinfo(tmp_path: Path) -> None:
    path = write(tmp_path, '[{"setl_id": "1", "diseinfo": [{"c": "A"}]}, {"setlinfo": null, "setl_id": "2"}, {}]')
    assert json_header(path) == ["setl_id", "diseinfo.c", "setlinfo"]
    assert read(path, "diseinfo.c", "setl_id") == ([(1, "A", "1"), (2, None, "2"), (3, None, None)], [])
    beside = write(tmp_path, '{"setlinfo": {"a": "in"}, "a": "beside", "b": 1, "payinfo": {"c": 1}}')
    assert json_header(beside) == ["a", "payinfo.c"]
    assert read(beside, "a", "b") == ([(1, "in", None)], [])


BROKEN = {
    '"text"': ("", "string"), "7": ("", "number"), "1.5": ("", "number"), "null": ("", "null"), "true": ("", "boolean"),
    '[{"setl_id": "x"}]': ("", "array"),
    '{"setlinfo": [1]}': ("setlinfo", "array"),
    '{"setlinfo": "x"}': ("setlinfo", "string"),
    '{"setlinfo": {"setl_id": "a\\u001fb"}}': ("setl_id", "a|b"),
    '{"diseinfo": [{"c": "a\\u001fb"}]}': ("diseinfo.c", "a|b"),
    '{"diseinfo": [{"c": {}}]}': ("diseinfo.c", "object"),
    '{"diseinfo": [{"c": 1}, 2]}': ("diseinfo", "object"),
    '{"setl_id": 1, "setl_id": 2}': ("setl_id", "twice"),
    '{"setlinfo": {"a": 1, "a": 1}}': ("a", "twice"),
    '{"diseinfo": [{"c": 1, "c": 1}]}': ("c", "twice"),
    '{"setlinfo": {"diseinfo": [{"c": 1}]}, "diseinfo": [{"c": 2}]}': ("diseinfo.c", "twice"),
    '{"input": [], "diseinfo": []}': ("diseinfo", "beside an envelope"),
}  # fmt: skip


@pytest.mark.parametrize("item", BROKEN)
def test_what_cannot_be_a_row_is_a_finding_and_the_others_are_rows(item: str, tmp_path: Path) -> None:
    first, last = lists(3)[::2]
    path = write(tmp_path, f"[{first}, {item}, {last}]")
    assert read(path, "setl_id") == ([(1, "1"), (3, "3")], [(2, *BROKEN[item], "object")])
    assert json_header(path) == ["setl_id", "payinfo.a"]
    assert [number for number, _ in json_objects(path, [2, 3])] == [2, 3]


NUMBERS = {
    "0": "0", "-1": "-1", "1.50": "1.50", "0.0000000": "0.0000000", "-0.0": "-0.0", "12345678901234567890": "1234567890"
    "1234567890", "0.1234567890123456789012345": "0.1234567890123456789012345", "1E2": "1E+2", "1e-7": "0.0000001",
    "1e999999": "1E+999999", "1e-999999": "1E-999999",
}  # fmt: skip


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_stay_as_they_are_written(number: str, tmp_path: Path) -> None:
    path = write(tmp_path, f'[{{"a": {number}, "b": [{number}, {number}]}}]')
    assert read(path, "a", "b") == ([(1, NUMBERS[number], f"{NUMBERS[number]}\x1f{NUMBERS[number]}")], [])


CUT = ": ends in the middle of JSON -> send the whole file again"
REFUSED = {
    "truncated": ('[{"a": 1}, {"a": 2', ", value byte 18", CUT),
    "truncated text": ('[{"a": "x', ", value byte 9", CUT),
    "not closed": ('[{"a": 1}', ", value byte 9", CUT),
    "a comma too many": ('[{"a": 1},]', ", value byte 11", ": is not JSON from here on -> send the whole file again"),
    "no quotation marks": ("{a: 1}", ", value byte 2", ": is not JSON from here on -> send the whole file again"),
    "something after it": (
        '[{"a": 1}] x',
        ", value byte 12",
        ": is not JSON from here on -> send the whole file again",
    ),
    "no number": ('[{"a": 01}]', ", value byte 10", ": is not JSON from here on -> send the whole file again"),
    "not a number": ('[{"a": NaN}]', ", value byte 8", ": is not JSON from here on -> send the whole file again"),
    "a line end in a text": ('["a\nb"]', ", value byte 4", ": is not JSON from here on -> send the whole file again"),
    "no text": (b'[{"a": "\xff"}]', ", value byte 9", ": is not JSON from here on -> send the whole file again"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_is_not_json_is_refused_with_the_place(name: str, tmp_path: Path) -> None:
    content, place, what = REFUSED[name]
    path = write(tmp_path, content)
    for reading in (json_header, lambda path: read(path, "a"), lambda path: list(json_objects(path, [99]))):
        with pytest.raises(Refusal) as caught:
            reading(path)
        assert str(caught.value) == f"file a.json{place}{what}"


@pytest.mark.slow
def test_the_place_is_right_far_into_a_file(tmp_path: Path) -> None:
    sound = "[" + '{"a": "某甲"},' * 100_000
    path = write(tmp_path, f'{sound}{{"a": ?}}]')
    batches = json_rows(path, ["a"])
    assert len(next(batches).numbers) == 50_000
    with pytest.raises(Refusal, match=f"value byte {len(sound.encode()) + 7}: is not JSON from here on"):
        list(batches)


def test_a_file_without_a_list_is_refused(tmp_path: Path) -> None:
    for content in ("[]", '{"input": {"data": []}}', "[1, 2]", "{}"):
        with pytest.raises(
            Refusal, match="^file a.json: holds no settlement list -> a list is an object with setlinfo$"
        ):
            json_header(write(tmp_path, content))
    for content in ("", " \n", "\ufeff"):
        with pytest.raises(Refusal, match="^file a.json: the file is empty$"):
            json_header(write(tmp_path, content))


@pytest.mark.parametrize("bomb", ["[" * 100_000, '{"a":' * 100_000, '{"input":' * 100_000, '[{"setlinfo":' + "[" * 40])
def test_deep_nesting_is_refused(bomb: str, tmp_path: Path) -> None:
    path = write(tmp_path, bomb)
    with pytest.raises(Refusal, match="^file a.json, row 1: is nested deeper than 32 levels$"):
        read(path, "a")


@pytest.mark.slow
@pytest.mark.parametrize("start", ['[{"a": "', '{"rows": [', '[{"setlinfo": {"a": ['])
def test_a_list_larger_than_any_is_refused(start: str, tmp_path: Path) -> None:
    path = write(tmp_path, '{"a":"1"}\n' + start + ("x" if start.endswith('"') else "1, ") * (17 << 20))
    with pytest.raises(Refusal, match="^file a.json, row 2: a list is larger than 16 MiB$"):
        read(path, "a")


def test_a_number_of_too_many_digits_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, '[{"a": ' + "1" * 5000 + "}]")
    with pytest.raises(Refusal, match="^file a.json, value byte [0-9]+: is not JSON from here on"):
        read(path, "a")


def test_half_of_a_character_is_read_as_none(tmp_path: Path) -> None:
    """An escape that is no character is what the parser makes of it, and never ends in a traceback."""
    rows, found = read(write(tmp_path, '[{"a": "\\ud800"}, {"a": "\\u0000"}, {"a": "\\ud840\\udc00"}]'), "a")
    assert (rows[1:], found) == ([(2, "\x00"), (3, "\U00020000")], [])


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
PLAIN = st.one_of(st.none(), st.booleans(), st.integers(), TEXTS.filter(lambda text: "\x1f" not in text))
OBJECTS = st.dictionaries(st.sampled_from(["a", "b", "号"]), PLAIN, max_size=3)
ITEMS = st.fixed_dictionaries(
    {"setlinfo": OBJECTS}, optional={"diseinfo": st.lists(OBJECTS, max_size=3), "icuinfo": OBJECTS}
)


@pytest.mark.property
@settings(deadline=None)
@given(st.lists(st.one_of(ITEMS, st.integers()), max_size=8), st.booleans(), st.integers(1, 9))
def test_every_item_is_a_row_or_a_finding_and_can_be_given_back(items: list[Any], as_lines: bool, size: int) -> None:
    text = "\n".join(map(json.dumps, items)) if as_lines and items else json.dumps(items)
    wanted = ["a", "号", "diseinfo.b", "icuinfo.号", "none"]
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "rows_at_once", lambda _: size)
        patch.setattr(module, "_CHUNK", size)
        path = write(Path(folder), text)
        rows, found = read(path, *wanted)
        objects = list(json_objects(path, range(100)))
    assert objects == list(enumerate(items, 1))
    assert found == [(n, "", "number", "object") for n, item in objects if isinstance(item, int)]
    assert rows == [(n, *expected(item, wanted)) for n, item in objects if isinstance(item, dict)]


def expected(item: dict[str, Any], wanted: list[str]) -> list[str | None]:
    """The columns of an item, said the slow way."""

    def text(value: Any) -> str | None:
        return str(value).lower() if isinstance(value, bool) else None if value is None else str(value)

    cells = []
    for name in wanted:
        node, _, column = name.rpartition(".")
        if not node:
            cells.append(text(item["setlinfo"].get(name)))
            continue
        each = item.get(node, [])
        each = [each] if isinstance(each, dict) else each
        known = any(column in one for one in each)
        cells.append("\x1f".join(text(one.get(column)) or "" for one in each) if known else None)
    return cells


SCRIPT = """
import resource, sys
from pathlib import Path
from yiheng.cases.source import json_rows
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
count = sum(len(rows.numbers) for rows in json_rows(Path(sys.argv[1]), ["setl_id"]))
print(count, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    one = LIST.replace("\n", "")
    with path.open("w", encoding="utf-8") as file:
        file.write('{"infno": "4101", "input": {"data": [' + one)
        file.writelines(itertools.repeat("," + one, 200_000))
        file.write("]}}")
    assert path.stat().st_size > 70_000_000
    done = subprocess.run([sys.executable, "-c", SCRIPT, str(path)], capture_output=True, text=True, check=True)
    count, grown = map(int, done.stdout.split())
    assert count == 200_001
    assert grown < 150
