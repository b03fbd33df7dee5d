"""Where the text of a pack comes from (方案来源): a folder, the packs that come with Yiheng, or files in memory."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Protocol

from yiheng.base.refusal import Refusal

TOML = "pack.toml"
JSON = "pack.json"


class Source(Protocol):
    """Files by name; `name` is the id of a pack that says none, `shown` how a refusal names the source."""

    @property
    def name(self) -> str: ...

    @property
    def shown(self) -> str: ...

    def read(self, file: str) -> bytes | None:
        """The content of a file, None where there is none."""

    def base(self, given: str) -> "Source":
        """The source of the pack that this one names as its base."""


@dataclass(frozen=True)
class Folder:
    """A folder with the tables of a pack."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.resolve().name

    @property
    def shown(self) -> str:
        return str(self.path)

    def read(self, file: str) -> bytes | None:
        try:
            return (self.path / file).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (PermissionError, IsADirectoryError):
            raise Refusal("cannot be read", file=str(self.path / file)) from None

    def base(self, given: str) -> Source:
        beside = self.path / given
        if beside.is_dir():
            return Folder(beside.resolve())
        if given in built_in_ids():
            return built_in(given)
        cure = "a folder by its path from here, or an id"
        raise Refusal(f"there is no such base of {self.name}", file=TOML, value=given, cure=cure)


@dataclass(frozen=True)
class BuiltIn:
    """A pack that comes with Yiheng."""

    name: str
    path: Traversable

    @property
    def shown(self) -> str:
        return self.name

    def read(self, file: str) -> bytes | None:
        found = self.path / file
        return found.read_bytes() if found.is_file() else None

    def base(self, given: str) -> Source:
        return _by_id(given, self.name)


@dataclass(frozen=True)
class Memory:
    """Files that were read already, from an archive or a workbook."""

    name: str
    shown: str
    files: Mapping[str, bytes]

    def read(self, file: str) -> bytes | None:
        return self.files.get(file)

    def base(self, given: str) -> Source:
        return _by_id(given, self.name)


def built_in_ids() -> list[str]:
    """The ids of the packs that come with Yiheng: the folders of policy/drg with a pack.toml."""
    folder = files("yiheng.policy") / "drg"
    return sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and (entry / TOML).is_file())


def built_in(pack_id: str) -> BuiltIn:
    """The pack that comes with Yiheng under this id."""
    return BuiltIn(pack_id, files("yiheng.policy") / "drg" / pack_id)


def _by_id(given: str, of: str) -> Source:
    if given not in built_in_ids():
        cure = "an id of a pack that comes with Yiheng; a base by its path needs a folder"
        raise Refusal(f"there is no such base of {of}", file=TOML, value=given, cure=cure)
    return built_in(given)
