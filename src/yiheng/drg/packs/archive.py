"""A pack in a zip file (压缩包): read in memory, names and sizes held against limits first."""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from yiheng.base.refusal import Refusal
from yiheng.drg.packs.schema import forms
from yiheng.drg.packs.source import JSON, TOML, Memory
from yiheng.policy.loader import scheme

LIMITS = "drg/archive"
_NESTED = (".zip", ".xlsx", ".tar", ".gz", ".7z", ".rar", ".xz", ".bz2")


def zip_source(path: Path) -> Memory:
    """The files of a pack in a zip, at its top or in one folder.

    Refused: names that lead out of the archive or are absolute, links, archives within, encrypted or damaged members,
    two members of one name, and more or larger content than `policy/drg/archive.yaml` allows.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return Memory(path.stem, str(path), dict(_files(archive, path.name)))
    except FileNotFoundError:
        raise Refusal("there is no such file", file=str(path)) from None
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError) as error:
        raise Refusal(f"is no zip file that can be read: {error}", file=path.name) from None


def limits() -> Mapping[str, int]:
    """What an archive may hold at most: members, bytes once unpacked, characters in a cell of a workbook."""
    return {name: int(its.values[-1].value) for name, its in scheme(LIMITS).parameters.items()}


def check_members(archive: zipfile.ZipFile, shown: str) -> list[zipfile.ZipInfo]:
    """The files of an archive, once their names, kinds and declared sizes are held against the limits."""
    most, members = limits(), archive.infolist()
    if len(members) > most["members"]:
        raise Refusal(f"has more than {most['members']} members", file=shown)
    for member in members:
        _check_name(member, shown)
    plain = [member for member in members if not member.is_dir()]
    names = [member.filename.casefold() for member in plain]
    if len(set(names)) < len(names):
        raise Refusal("has two members of one name", file=shown)
    total = sum(member.file_size for member in plain)
    if total > most["bytes"]:
        raise Refusal(f"unpacks to {total} bytes, more than {most['bytes']}", file=shown)
    return plain


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """The content of a member, never more than it declares."""
    with archive.open(member) as file:
        content = file.read(member.file_size + 1)
    if len(content) != member.file_size:
        raise zipfile.BadZipFile(f"{member.filename} is not as long as declared")
    return content


def _files(archive: zipfile.ZipFile, shown: str) -> Iterator[tuple[str, bytes]]:
    known = {TOML, JSON, *(form.file for form in forms().values())}
    plain = check_members(archive, shown)
    for member in plain:
        if member.filename.casefold().endswith(_NESTED):
            raise Refusal("holds an archive", file=shown, value=member.filename, cure="one pack in a zip, as files")
    ours = [member for member in plain if PurePosixPath(member.filename).name in known]
    if len({str(PurePosixPath(member.filename).parent) for member in ours}) != 1:
        what = "holds several packs" if ours else "holds no pack"
        raise Refusal(what, file=shown, cure="the tables of one pack, at the top or in one folder")
    return ((PurePosixPath(member.filename).name, read_member(archive, member)) for member in ours)


def _check_name(member: zipfile.ZipInfo, shown: str) -> None:
    name = member.filename
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0] or "\0" in member.orig_filename:
        raise Refusal("a name leads out of the archive", file=shown, value=name)
    mode, _ = struct.unpack(">HH", struct.pack(">I", member.external_attr))
    kind = stat.S_IFMT(mode)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise Refusal("holds a link or device", file=shown, value=name)
    if member.flag_bits & 1:
        raise Refusal("is encrypted", file=shown, value=name)
