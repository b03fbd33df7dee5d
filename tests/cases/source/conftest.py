"""Workbooks part by part, so that they hold what no library would write."""

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
# Styles 0-5: general, a day, a moment, a Chinese day that is built in, a duration, an amount.
STYLES = f"""<styleSheet xmlns="{MAIN}"><numFmts><numFmt numFmtId="164" formatCode="yyyy-mm-dd hh:mm:ss"/></numFmts>
<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="31"/><xf numFmtId="46"/>
<xf numFmtId="4"/></cellXfs></styleSheet>"""

Make = Callable[..., Path]


@pytest.fixture
def make_book(tmp_path: Path) -> Make:
    """Write a workbook: `sheets` are (name, state, rows XML, what follows the rows), `more` replaces or adds parts."""

    def make(
        *sheets: tuple[str, str, str, str], about: str = "", more: Mapping[str, str | bytes] | None = None
    ) -> Path:
        numbers = range(1, len(sheets) + 1)
        listed = "".join(
            f'<sheet name="{name}" sheetId="{n}" state="{state}" r:id="r{n}"/>'
            for n, (name, state, _, _) in zip(numbers, sheets, strict=True)
        )
        related = "".join(
            f'<Relationship Id="r{n}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
        )
        parts: dict[str, str | bytes] = {
            "[Content_Types].xml": f'<Types xmlns="{TYPES}">'
            f'<Override PartName="/xl/workbook.xml" ContentType="{SHEET}"/></Types>',
            "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">'
            f"{about}<sheets>{listed}</sheets></workbook>",
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{RELATIONS}">{related}'
            f'<Relationship Id="s" Type="{OFFICE}/styles" Target="/xl/styles.xml"/>'
            f'<Relationship Id="t" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
            "xl/styles.xml": STYLES,
            "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}"><si><t>病例号</t></si><si><r><t>诊</t></r><r><t>断 </t></r>'
            "<rPh sb='0' eb='2'><t>zhen duan</t></rPh></si><si><t>a_x000D_b</t></si></sst>",
        }
        for n, (_, _, rows, after) in zip(numbers, sheets, strict=True):
            parts[f"xl/worksheets/sheet{n}.xml"] = (
                f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData>{after}</worksheet>'
            )
        path = tmp_path / "a.xlsx"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
            for name, content in (parts | dict(more or {})).items():
                package.writestr(name, content)
        return path

    return make
