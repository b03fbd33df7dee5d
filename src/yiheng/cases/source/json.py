"""JSON files (JSON 文件), also gzipped: settlement lists of the national interface 4101 and 4101A, one row each.

A file may be one list, an array of lists, one after the other (JSON lines), or any of these under `input` or `data`
of an envelope. Lists are read one by one, in constant memory.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import Any

import ijson  # type: ignore[import-untyped]
import numpy as np
import pyarrow as pa

from yiheng.base.refusal import Refusal
from yiheng.cases.finding import Finding
from yiheng.cases.source.encoding import encoding_of
from yiheng.cases.source.rows import Rows, rows_at_once
from yiheng.cases.source.stream import first_block, readable, unpacked, utf8_blocks

# Separates the items of a node in one cell.
ITEM = "\x1f"
MAIN = "setlinfo"
NODES = frozenset({MAIN, "payinfo", "opspdiseinfo", "diseinfo", "iteminfo", "oprninfo", "icuinfo", "bldinfo"})
ENVELOPE = frozenset({"input", "data"})

_LOOKED_AT = 1000
_CHUNK = 64 << 10
# A list has four levels, its envelopes a few more.
_DEEPEST = 32
_LARGEST = 16 << 20
# A number with more places than this is told in powers of ten.
_PLACES = 100
_MARK = b"\xef\xbb\xbf"
_BLANK = b"\xef\xbb\xbf\xff\xfe \t\r\n"
# A number of more than 4,300 digits is a ValueError, of which the parser in C makes a SystemError.
_NO_JSON = (ijson.JSONError, ValueError, SystemError)


def json_header(path: Path) -> list[str]:
    """The columns of the first 1,000 lists, in order of first use: `name` of setlinfo, `node.field` of other nodes.

    A file in which none of these is a settlement list is refused.
    """
    names: dict[str, None] = {}
    for item in islice(_items(path), _LOOKED_AT):
        if not item.wrong:
            try:
                names |= dict.fromkeys(_cells(item.content))
            except _Unfit:
                continue
    if not names:
        raise Refusal("holds no settlement list", file=path.name, cure=f"a list is an object with {MAIN}")
    return list(names)


def json_rows(path: Path, wanted: list[str]) -> Iterator[Rows]:
    """The wanted columns, batch by batch; null where a list lacks one.

    The items of a node stand in one cell, separated by ITEM; one that lacks the field is an empty item. What cannot be
    a row (no object, a name twice, nodes in nodes, a text that holds ITEM) is a finding of rule `object`.
    """
    items = _items(path)
    while batch := list(islice(_read(items, wanted), rows_at_once(len(wanted)))):
        good = [(number, row) for number, row, _ in batch if row is not None]
        texts = zip(*(row for _, row in good), strict=True) if good else [()] * len(wanted)
        columns = {name: pa.array(its, pa.string()) for name, its in zip(wanted, texts, strict=True)}
        numbers = np.array([number for number, _ in good], np.int64)
        yield Rows(pa.table(columns), numbers, [wrong for _, _, wrong in batch if wrong])


def json_objects(path: Path, numbers: Collection[int]) -> Iterator[tuple[int, Any]]:
    """The items with these row numbers, in order, as they are in the file; numbers are int or Decimal."""
    asked = set(numbers)
    if asked:
        yield from ((item.row, item.content) for item in islice(_items(path), max(asked)) if item.row in asked)


@dataclass(frozen=True)
class _Item:
    """What should be one settlement list; `wrong`: why it cannot be a row, as column and value."""

    row: int
    content: Any
    wrong: tuple[str, str] | None = None


@dataclass
class _Unfit(Exception):
    """An object that is no row because of this column."""

    column: str
    value: str


def _read(items: Iterator[_Item], wanted: list[str]) -> Iterator[tuple[int, list[str | None] | None, Finding | None]]:
    """Number, and either the wanted cells or the finding."""
    for item in items:
        wrong = item.wrong
        if wrong is None:
            try:
                cells = _cells(item.content)
            except _Unfit as unfit:
                wrong = unfit.column, unfit.value
            else:
                yield item.row, list(map(cells.get, wanted)), None
                continue
        yield item.row, None, Finding(item.row, *wrong, "object")


def _cells(content: dict[str, Any]) -> dict[str, str | None]:
    """A list as columns: what setlinfo says, or the object itself where it has none, and the other nodes."""
    main, cells = content.get(MAIN), dict[str, str | None]()
    if main is None:
        members = list(content.items())
    elif isinstance(main, dict):
        nodes = ((name, value) for name, value in content.items() if name != MAIN and isinstance(value, dict | list))
        members = [*main.items(), *nodes]
    else:
        raise _Unfit(MAIN, _kind(main))
    for name, value in members:
        if isinstance(value, dict | list):
            found = _node(name, value)
            if twice := [column for column in found if column in cells]:
                raise _Unfit(twice[0], "twice")
            cells |= found
        elif name in cells:
            raise _Unfit(name, "twice")
        else:
            cells[name] = _text(name, value)
    return cells


def _node(name: str, value: dict[str, Any] | list[Any]) -> dict[str, str | None]:
    """The fields of a node, each with the items of one after the other; a list of plain values is one field."""
    items = value if isinstance(value, list) else [value]
    if all(isinstance(item, dict) for item in items):
        fields = dict.fromkeys(chain.from_iterable(items))
        columns = {f"{name}.{each}": [item.get(each) for item in items] for each in fields}
        return {column: _joined(column, values) for column, values in columns.items()}
    return {name: _joined(name, items)}


def _joined(column: str, values: list[Any]) -> str:
    return ITEM.join(_text(column, value) or "" for value in values)


def _text(column: str, value: Any) -> str | None:
    """A plain value as text, a number as it is written."""
    if type(value) is str and ITEM not in value:
        return value
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, dict | list):
        raise _Unfit(column, _kind(value))
    text = str(value)
    if ITEM in text:
        raise _Unfit(column, text.replace(ITEM, "|"))
    return text


def _number(value: Decimal) -> str:
    if "E" not in (text := str(value)):
        return text
    exponent = value.as_tuple().exponent
    return format(value, "f") if isinstance(exponent, int) and -_PLACES <= exponent <= 0 else text


def _kind(value: Any) -> str:
    """What a value is, in JSON's words."""
    names = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}
    return names.get(type(value), "number")


def _items(path: Path) -> Iterator[_Item]:
    """The items of a file one by one; one that is larger than any list, or nested deeper, is refused."""
    reader, ended = _Items(path), 0
    for done, events in _events(path):
        reader.take(events)
        if reader.found:
            ended = done
            yield from reader.found
            reader.found = []
        elif done - ended > _LARGEST:
            raise Refusal(f"a list is larger than {_LARGEST >> 20} MiB", file=path.name, row=reader.row + 1)


_BEGINS = frozenset({"start_map", "start_array"})
_ENDS = frozenset({"end_map", "end_array"})


@dataclass(slots=True)
class _Open:
    """An array or object that has begun. `use`: its items are rows, it is a row, or a part of one."""

    use: str
    content: Any
    key: str = ""
    twice: str = ""
    is_envelope: bool = False


@dataclass
class _Items:
    """Puts items together from the events of the parser."""

    path: Path
    row: int = 0
    found: list[_Item] = field(default_factory=list)
    open: list[_Open] = field(default_factory=list)

    def take(self, events: "Events") -> None:
        """The next events."""
        top = self.open[-1] if self.open else _Open("", [])
        for event, value in events:
            if event == "map_key":
                top.key = value
                if value in top.content:
                    top.twice = value
            elif event in _BEGINS or event in _ENDS:
                if event in _BEGINS:
                    self._begin(event == "start_map")
                else:
                    self._end(self.open.pop())
                top = self.open[-1] if self.open else _Open("", [])
            elif type(top.content) is dict:
                top.content[top.key] = value
            else:
                self._put(value)

    def _begin(self, is_object: bool) -> None:
        if len(self.open) == _DEEPEST:
            raise Refusal(f"is nested deeper than {_DEEPEST} levels", file=self.path.name, row=self.row + 1)
        top = self.open[-1] if self.open else None
        use = "part"
        if top is None or top.use == "rows":
            use = "row" if is_object else "rows" if top is None else "part"
        elif top.use == "row" and top.key in ENVELOPE:
            top.is_envelope = True
            use = "row" if is_object else "rows"
        self.open.append(_Open(use, {} if is_object else []))

    def _end(self, ended: _Open) -> None:
        match ended.use:
            case "part":
                if self.open and ended.twice:
                    self.open[-1].twice = ended.twice
                self._put(ended.content)
            case "row" if not ended.is_envelope:
                self._add(ended.content, (ended.twice, "twice") if ended.twice else None)
            case "row" if beside := NODES & ended.content.keys():
                self._add(ended.content, (min(beside), "beside an envelope"))

    def _put(self, value: Any) -> None:
        """A whole value: into what is open, or, where a row should be, as one that is none."""
        top = self.open[-1] if self.open else None
        if top is None or top.use == "rows":
            self._add(value, ("", _kind(value)))
        elif isinstance(top.content, list):
            top.content.append(value)
        else:
            top.content[top.key] = value

    def _add(self, content: Any, wrong: tuple[str, str] | None) -> None:
        self.row += 1
        self.found.append(_Item(self.row, content, wrong))


Events = list[tuple[str, Any]]


def _events(path: Path) -> Iterator[tuple[int, Events]]:
    """The parser's events, piece by piece, each with the bytes read so far."""
    found, done, begun = ijson.sendable_list(), 0, False
    send, close = _parser(found)
    for chunk in _chunks(path):
        try:
            send(chunk)
        except _NO_JSON:
            raise _invalid(path, _place(path, done)) from None
        done, begun = done + len(chunk), begun or bool(found)
        yield done, list(found)
        found.clear()
    if not begun and not first_block(path).replace(b"\0", b"").strip(_BLANK):
        raise Refusal("the file is empty", file=path.name)
    try:
        close()
    except _NO_JSON:
        raise Refusal("ends in the middle of JSON", file=path.name, value=f"byte {done}", cure=_CURE) from None
    yield done, list(found)


_CURE = "send the whole file again"


def _invalid(path: Path, place: int) -> Refusal:
    return Refusal("is not JSON from here on", file=path.name, value=f"byte {place}", cure=_CURE)


def _parser(found: Events) -> tuple[Callable[[bytes], Any], Callable[[], Any]]:
    parser = ijson.basic_parse_coro(found, multiple_values=True)
    return parser.send, parser.close


def _chunks(path: Path) -> Iterator[bytes]:
    """The file as UTF-8 without a mark, in small pieces."""
    encoding, first = encoding_of(path), True
    with unpacked(path) as stream, readable(path):
        for block in utf8_blocks(stream, encoding):
            text = block.removeprefix(_MARK) if first else block
            first = False
            yield from (text[start : start + _CHUNK] for start in range(0, len(text), _CHUNK))


def _place(path: Path, sound: int) -> int:
    """The byte, from 1, at which the parser stops: the first that is no JSON, or the end of the number it is in."""
    send, _ = _parser(ijson.sendable_list())
    done = 0
    for chunk in _chunks(path):
        if done == sound:
            for place in range(len(chunk)):
                try:
                    send(chunk[place : place + 1])
                except _NO_JSON:
                    return done + place + 1
        else:
            send(chunk)
        done += len(chunk)
    return done
