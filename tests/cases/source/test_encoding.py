"""An encoding is told from the first block; nothing is read as other characters than it was written in."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiheng.base.refusal import Refusal
from yiheng.cases.source import BLOCK, csv_header, csv_rows, encoding_of
from yiheng.cases.source.encoding import encoding_in

TEXT = "医院,病例号,性别,诊断\n甲医院,1,女,脑梗死\n乙医院,2,男,高血压\n"
WRITTEN = {
    "utf-8": "utf-8",
    "utf-8-sig": "utf-8",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "utf-16": "utf-16",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
}


def read(path: Path, encoding: str | None = None) -> tuple[list[str], list[dict[str, str]]]:
    header = csv_header(path, encoding)
    rows = [
        row for each in csv_rows(path, [name for name in header if name], encoding) for row in each.table.to_pylist()
    ]
    return header, rows


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("written", WRITTEN)
def test_encodings_are_recognised_and_read(written: str, packed: bool, tmp_path: Path) -> None:
    path, content = tmp_path / "a.csv", TEXT.encode(written)
    path.write_bytes(gzip.compress(content) if packed else content)
    assert encoding_of(path) == WRITTEN[written]
    header, rows = read(path)
    assert header == ["医院", "病例号", "性别", "诊断"]
    assert [tuple(row.values()) for row in rows] == [("甲医院", "1", "女", "脑梗死"), ("乙医院", "2", "男", "高血压")]
    assert read(path, written) == (header, rows)


@pytest.mark.parametrize("mark", [b"\xfe\xff", b"\x84\x31\x95\x33"], ids=["utf-16-be", "gb18030"])
def test_marks_of_encodings(mark: bytes, tmp_path: Path) -> None:
    encoding = "utf-16-be" if mark == b"\xfe\xff" else "gb18030"
    path = tmp_path / "a.csv"
    path.write_bytes(mark + TEXT.encode(encoding))
    assert read(path)[0] == ["医院", "病例号", "性别", "诊断"]
    assert encoding_of(path) == encoding.removesuffix("-be")


BLOCKS = {
    b"": "utf-8",
    b"a,b\n1,2\n": "utf-8",
    "sex\n女\n女\n女\n".encode("gbk"): "gb18030",
    "dept\n通\n".encode("gbk"): "gb18030",
    "dept\n联通\n".encode("gbk"): "gb18030",
    "note\n±5\n37°\n".encode(): "utf-8",
    "name\n买买提·艾力\n".encode(): "utf-8",
    "x\nα-β·×\n".encode(): "utf-8",
    "x\nпривет, прекрасный мир\n".encode(): "utf-8",
    "H,1,内".encode()[:-1]: "utf-8",
    "H,1,内科".encode()[:-2]: "utf-8",
    "H,1,内科".encode("gbk")[:-1]: "gb18030",
    '{"清单号": 1}'.encode("gbk"): "gb18030",
    "H,1,内科\n".encode().replace(b"\x86", b""): "utf-8",
    "x,y\ncafé,à\n".encode("latin-1"): "utf-8",
    b"\0" * 1000: "utf-8",
    b"a,b\n1,\0\n" + b"2,3\n" * 200: "utf-8",
    "一,二\n一一一,一\n1,2\n3,4\n".encode("utf-16-le"): "utf-16-le",
    "一,二\n一一一,一\n1,2\n3,4\n".encode("utf-16-be"): "utf-16-be",
    "甲𠀀,㐀\n".encode("gb18030"): "gb18030",
}


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_short_and_damaged_blocks(block: bytes) -> None:
    assert encoding_in(block) == BLOCKS[block]


@pytest.mark.property
@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=8), st.data())
def test_damaged_utf8_stays_utf8_and_is_refused(text: str, data: st.DataObject) -> None:
    content = text.encode()
    place = data.draw(st.integers(0, len(content) - 1))
    assert encoding_in(content) == "utf-8"
    assert encoding_in(content[:place] + b"\xff" + content[place + 1 :]) == "utf-8"
    assert encoding_in(content[:place]) == "utf-8"


@pytest.mark.property
@given(st.text("病案首页医院内科男女入出院诊断手术费用汉族已婚无职业，。", min_size=5))
def test_gbk_is_gb18030_wherever_the_block_ends(text: str) -> None:
    content = ("女男" + text).encode("gbk")
    assert encoding_in(content) == encoding_in(content[:-1]) == "gb18030"


def test_a_damaged_utf8_file_is_refused_by_row_and_column(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    lines = [f"{n},脑梗死,内科".encode() for n in range(1, 100)]
    lines[41] = lines[41][:-1]
    path.write_bytes("号,诊断,科\n".encode() + b"\n".join(lines))
    with pytest.raises(Refusal) as caught:
        read(path)
    line = r"file a.csv, row 42, column 科, value 内\xe7\xa7: bytes that are no UTF-8 text -> "
    assert str(caught.value) == line + "say the file's encoding in a mapping, such as gb18030"


def test_a_damaged_gbk_file_is_refused_by_row_and_column(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    lines = [f"{n},脑梗死,内科".encode("gbk") for n in range(1, 100)]
    lines[41] += b"\xff"
    path.write_bytes("号,诊断,科\n".encode("gbk") + b"\n".join(lines))
    with pytest.raises(
        Refusal, match=r"^file a.csv, row 42, column 科, value 内科\\xff: bytes that are no GB18030 text"
    ):
        read(path)


@pytest.mark.slow
@pytest.mark.parametrize("cells", ["内科", "女"])
def test_ascii_for_a_block_and_gbk_after_it_is_refused_and_right_when_it_is_said(cells: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    count = BLOCK // 8 + 10
    path.write_bytes(b"case,dept\n" + b"1234,xyz\n" * count + f"x,{cells}\ny,眼科\n".encode("gbk"))
    assert encoding_of(path) == "utf-8"
    with pytest.raises(Refusal) as caught:
        read(path)
    assert str(caught.value).endswith("-> say the file's encoding in a mapping, such as gb18030")
    rows = read(path, "gb18030")[1]
    assert len(rows) == count + 2
    assert rows[-2:] == [{"case": "x", "dept": cells}, {"case": "y", "dept": "眼科"}]


@pytest.mark.slow
@pytest.mark.parametrize("written", ["gb18030", "utf-16", "utf-16-be", "utf-8-sig"])
def test_a_block_may_end_within_a_character(written: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    for shift in range(4):
        path.write_bytes(("号,科\n" + "x" * shift + "1,内科𠀀\n" * (BLOCK // 8)).encode(written))
        assert {row["科"] for row in read(path)[1]} == {"内科𠀀"}


def test_a_cut_utf16_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(TEXT.encode("utf-16")[:-1])
    with pytest.raises(Refusal, match=r"^file a.csv: is not text in its encoding: 'utf-16-le' codec can't decode"):
        read(path)
