"""A catalogue as a file (目录文件): its groups, with the scheme and the day it was made with in its metadata."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from yiheng.base.refusal import Refusal
from yiheng.dip.columns import SCHEMA
from yiheng.policy.loader import Scheme, read_scheme, scheme, scheme_ids


@dataclass(frozen=True)
class Held:
    """A catalogue as it was kept: `groups` has the columns of `catalogue.SCHEMA`."""

    groups: pa.Table
    scheme: Scheme
    day: date


def about_scheme(its: Scheme, day: date) -> dict[str, str]:
    """What a catalogue's file says of its scheme; the text too where it does not come with Yiheng."""
    said = {"scheme": its.id, "scheme_digest": its.digest, "day": day.isoformat()}
    return said if its.id in scheme_ids() else said | {"scheme_text": its.text}


def open_scheme(given: str) -> Scheme:
    """A scheme by its id, such as dip/national-1.0, or from a file that ends in .yaml (a diff over one of those)."""
    if not given.endswith(".yaml"):
        return scheme(given)
    path = Path(given)
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, IsADirectoryError):
        raise Refusal("there is no such file", file=path.name) from None
    except UnicodeDecodeError:
        raise Refusal("is not UTF-8 text", file=path.name) from None
    return read_scheme(path.name, text)


def read_catalogue(path: Path) -> Held:
    """A catalogue's file; one that is none, or was made with another edition of its scheme, is refused."""
    try:
        table = pq.ParquetFile(path).read()
    except FileNotFoundError:
        raise Refusal("there is no such file", file=str(path)) from None
    except (pa.ArrowInvalid, OSError):
        raise Refusal("is not a catalogue", file=path.name, cure="yiheng dip build") from None
    about = {
        name.decode(): value.decode()
        for name, value in (table.schema.metadata or {}).items()
        if name != b"ARROW:schema"
    }
    if "scheme" not in about or table.schema.names != SCHEMA.names:
        raise Refusal("is not a catalogue", file=path.name, cure="yiheng dip build")
    made_with = _scheme(about)
    if made_with.digest != about["scheme_digest"]:
        raise Refusal(f"was built with another edition of {made_with.id}", file=path.name, cure="build it again")
    return Held(table, made_with, date.fromisoformat(about["day"]))


def _scheme(about: Mapping[str, str]) -> Scheme:
    if "scheme_text" in about:
        return read_scheme(about["scheme"], about["scheme_text"])
    return scheme(about["scheme"])
