"""Compiled packs on disk (方案编译缓存): what a pack says is read and compiled once, for all processes after it.

An entry is found by the content of the pack's files and the version of the code; see `base.kept`.
"""

import hashlib
import json
import tomllib
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from yiheng.base.kept import keep, kept
from yiheng.drg.kernel.arrays import Compiled, Pool, Spelled
from yiheng.drg.packs.standing import Standing
from yiheng.drg.result import Result

_SUFFIX = ".pack"
_READ = (".csv", ".toml", ".json")
# What of a compiled pack is more than words and lists of them.
_PARTS = ("standing", "pool", "dx", "proc", "outcomes")


def stored(given: str, cache: Path, code_version: str) -> Compiled:
    """The compiled form of the pack that `given` means (see `packs.opening.open_pack`), from `cache` or put there."""
    key = _key(given, code_version)
    found = kept(cache / (key + _SUFFIX))
    if found is not None:
        return of_data(json.loads(found))
    # What reads and compiles packs is slow to load, and seldom needed.
    from yiheng.drg.kernel.compile import compiled
    from yiheng.drg.packs.opening import open_pack

    made = compiled(open_pack(given))
    if _key(given, code_version) == key:
        keep(cache / (key + _SUFFIX), json.dumps(as_data(made)).encode())
    return made


def _key(given: str, code_version: str) -> str:
    """A folder or file is known by what is in it; a pack that comes with Yiheng is of the version of the code."""
    path = Path(given)
    total = hashlib.sha256(f"{code_version}\n{path.resolve().name}\n".encode("utf-8", "surrogateescape"))
    for each in _files(path, set()) if path.is_dir() else [path] if path.is_file() else []:
        content = each.read_bytes()
        total.update(f"{each.name} {len(content)}\n".encode("utf-8", "surrogateescape") + content)
    return total.hexdigest()


def _files(folder: Path, seen: set[Path]) -> Iterator[Path]:
    """The files of a pack, then those of the packs that it is based on and that lie in a folder of their own."""
    seen.add(folder.resolve())
    if folder.is_dir():
        yield from sorted(path for path in folder.iterdir() if path.suffix in _READ and path.is_file())
    base = folder / _base(folder / "pack.toml")
    if base.is_dir() and base.resolve() not in seen:
        yield from _files(base, seen)


def _base(toml: Path) -> str:
    """The base that a pack.toml names; one that cannot be read names none, and is refused by who reads the pack."""
    try:
        given = tomllib.loads(toml.read_text(encoding="utf-8-sig")).get("base", "")
    except (OSError, ValueError):
        return ""
    return given if isinstance(given, str) else ""


def as_data(made: Compiled) -> dict[str, Any]:
    """A compiled pack as plain data, for JSON."""
    plain = {name: value for name, value in vars(made).items() if name not in _PARTS}
    return plain | {
        "standing": asdict(made.standing),
        "pool": [made.pool.parts.tolist(), made.pool.limits.tolist()],
        "dx": asdict(made.dx),
        "proc": asdict(made.proc),
        "outcomes": [list(vars(result).values()) for result in made.outcomes],
    }


def of_data(data: dict[str, Any]) -> Compiled:
    """A compiled pack from `as_data`."""
    parts, limits = data["pool"]
    lists = {name: tuple(data[name]) for name in ("findings", "mdcs", "fields")}
    return Compiled(
        **data | lists | {
            "standing": Standing(**data["standing"]),
            "pool": Pool(np.array(parts, np.int32), np.array(limits, np.float64).reshape(-1, len(("least", "most")))),
            "dx": Spelled(**data["dx"]),
            "proc": Spelled(**data["proc"]),
            "outcomes": tuple(Result(*its) for its in data["outcomes"]),
        }
    )  # fmt: skip
