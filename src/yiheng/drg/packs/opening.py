"""Opening a pack (打开方案): by folder, zip file, workbook, or the id of one that comes with Yiheng."""

from pathlib import Path

from yiheng.base.refusal import Refusal
from yiheng.drg.packs.archive import zip_source
from yiheng.drg.packs.content import Content, content_of
from yiheng.drg.packs.load import pack_of
from yiheng.drg.packs.nearest import near
from yiheng.drg.packs.pack import Pack
from yiheng.drg.packs.source import Folder, Source, built_in, built_in_ids
from yiheng.drg.packs.workbook import workbook_source


def open_pack(given: str) -> Pack:
    """The pack that `given` means: a folder, FILE.zip, FILE.xlsx, or an id; see `load.pack_of` for what is refused."""
    return pack_of(open_content(given))


def open_content(given: str) -> Content:
    """The content of the pack that `given` means."""
    return content_of(source_of(given))


def source_of(given: str) -> Source:
    """Where the pack that `given` means comes from; a folder or file goes before an id."""
    path = Path(given)
    if path.is_dir():
        return Folder(path)
    if path.suffix == ".zip":
        return zip_source(path)
    if path.suffix == ".xlsx":
        return workbook_source(path)
    if given in built_in_ids():
        return built_in(given)
    if path.exists():
        raise Refusal("is no pack", file=given, cure="a folder, a .zip or a .xlsx")
    known = built_in_ids()
    raise Refusal("there is no such pack", value=given, cure=near(given, known) if known else "a folder, .zip or .xlsx")
