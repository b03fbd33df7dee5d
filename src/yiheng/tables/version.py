"""The version of the code (代码版本), which results name; loads nothing else."""

import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

import yiheng


@cache
def code_version() -> str:
    """The package's version and the first digits of a digest over its own files: what computed a result."""
    total = hashlib.sha256()
    for name, content in sorted(_sources(files("yiheng"), "")):
        total.update(f"{name} {len(content)}\n".encode() + content)
    return f"{yiheng.__version__}+{total.hexdigest()[:12]}"


def _sources(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        name = f"{prefix}{entry.name}"
        if entry.is_dir() and entry.name not in ("__pycache__", "assets"):
            yield from _sources(entry, f"{name}/")
        elif entry.name.endswith((".py", ".csv", ".yaml", ".toml")):
            yield name, entry.read_bytes()
