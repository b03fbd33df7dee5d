"""A flow's items and acts as tables (事项表、办理表), and its statistics: for reports, never with a person's name.

Left out are tagged and sealed fields, people, and free text, which may name anybody, but for what the flow lists or is
searched by. A patient is there as the pseudonym that the tables of cases have (`Flow.pseudonyms`), and where a field
holds anything else it is null. Times are those of the site's zone, in whole microseconds. Who may read which item is
said by the rows that are given (`sight.counted`).
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pyarrow as pa
from django.db import models
from django.db.models import QuerySet
from django.utils import translation
from django.utils.timezone import localtime

from yiheng.site.base.flow.declare import Flow
from yiheng.site.base.flow.models import Act, Deadline, Item
from yiheng.site.base.places.models import Place
from yiheng.site.base.places.roles import INSTITUTION
from yiheng.site.base.places.standing import above
from yiheng.tables.contract import Column, Contract
from yiheng.tables.hiding import HIDDEN, TOTAL, hide, with_totals

_MOMENT = pa.timestamp("us")
# As `cases.identity` makes them.
_PSEUDONYM = re.compile(r"p-[0-9a-f]{32}")
_DIGITS = 12
_DAY = timedelta(days=1)

_ITEM = (
    Column("item", pa.int64(), "事项", "item", "its number in the database"),
    Column("number", pa.string(), "编号", "number", "null: none was given"),
    Column("version", pa.int16(), "流程版本", "version of the flow", ""),
    Column("state", pa.string(), "状态", "state", "code"),
    Column("made_at", _MOMENT, "发起时间", "made at", ""),
    Column("changed_at", _MOMENT, "更新时间", "changed at", ""),
    Column("ended_at", _MOMENT, "办结时间", "ended at", "null: not ended"),
    Column("days", pa.float64(), "历时", "days from begin to end", "until now where it has not ended"),
)

_ACT = (
    Column("act", pa.int64(), "办理", "act", "its number in the database"),
    Column("item", pa.int64(), "事项", "item", "its number in the database"),
    Column("number", pa.string(), "编号", "number", "of the item; null: none was given"),
    Column("step", pa.string(), "步骤", "step", "name of the step or verb"),
    Column("from_state", pa.string(), "原状态", "from", "null: the item was made"),
    Column("to_state", pa.string(), "新状态", "to", ""),
    Column("at", _MOMENT, "时间", "at", ""),
    Column("days_in_state", pa.float64(), "在原状态天数", "days in the state before", "since the item came into it"),
    Column("role", pa.string(), "办理角色", "role", "of the post it was done in; null: none, or the site itself"),
    Column("institution", pa.string(), "办理机构", "institution", "code; null: the post is at none"),
    Column("is_lent", pa.bool_(), "受托办理", "in another's post", "null: the site itself"),
)


def items_contract(flow: Flow) -> Contract:
    """The columns of a flow's items: what all items have, then the flow's own fields that nobody needs a right for."""
    own = (_column(its) for its in _published(flow))
    return Contract(f"{flow.code}_items", (*_ITEM, *own), ("item",), None, frozenset())


def acts_contract(flow: Flow) -> Contract:
    """The columns of a flow's acts."""
    return Contract(f"{flow.code}_acts", _ACT, ("act",), None, frozenset())


def items_table(flow: Flow, now: datetime, items: "QuerySet[Item] | None" = None) -> pa.Table:
    """A flow's items, or those given, in order of their numbers in the database."""
    rows = flow.model.objects.all() if items is None else items
    fields = _published(flow)
    codes = _codes() if any(isinstance(its, models.ForeignKey) for its in fields) else {}
    readers = [partial(_value, flow, its, codes) for its in fields]
    return pa.Table.from_pylist(
        [
            _common(row, now) | {its.name: read(row) for its, read in zip(fields, readers, strict=True)}
            for row in rows.order_by("pk").iterator(chunk_size=2000)
        ],
        schema=items_contract(flow).schema,
    )


def acts_table(flow: Flow, items: "QuerySet[Item] | None" = None) -> pa.Table:
    """The acts of a flow's items, or of those given, in order."""
    acts = Act.objects.filter(item__flow=flow.code).select_related("item").order_by("item", "pk")
    if items is not None:
        acts = acts.filter(item__in=items.values("pk"))
    institutions = dict(Place.objects.filter(kind=INSTITUTION).values_list("path", "code"))
    came: dict[int, datetime] = {}
    rows = []
    for act in acts.iterator(chunk_size=2000):
        rows.append(_act(act, came.get(act.item_id), institutions))
        if act.from_state != act.to_state:
            came[act.item_id] = act.at
    return pa.Table.from_pylist(rows, schema=acts_contract(flow).schema)


@dataclass(frozen=True)
class Statistics:
    """What is counted of a flow. Small cells are hidden where `hidden` is true; then all but the keys is null.

    - states: state, items; places: place, month, items, with their totals (`all`)
    - kinds: by the name of a field that is counted too: value, items, with their total
    - on_time: limit, decided (ended, or its time is over), on_time; with the total of all limits
    - ended: how many have ended; median_days: the discrete median of their days; None: none, or too few to be shown
    """

    states: pa.Table
    places: pa.Table
    kinds: dict[str, pa.Table]
    on_time: pa.Table
    ended: int | None
    median_days: float | None


def statistics(
    flow: Flow,
    items: "QuerySet[Item]",
    now: datetime,
    by: str,
    minimum: int,
    own: str | None = None,
) -> Statistics:
    """Counts of items by state, by the place in the field `by` and the month they were made in, by the values of fields
    that the flow counts too, and how long they took.

    `minimum`: the least count that the reader may see, from policy; 1 hides nothing. `own`: the code of the reader's
    institution, whose cells the reader knows anyway.
    """
    rows = list(items.values_list("pk", "state", "made_at", "ended_at", f"{by}__code", *flow.counted_too))
    by_state = Counter(row[1] for row in rows)
    by_place = Counter((row[4] or "", f"{localtime(row[2]):%Y-%m}") for row in rows)
    states = _hidden(("state",), {(code,): (count,) for code, count in by_state.items()}, ("items",), minimum)
    places = _hidden(("place", "month"), {key: (n,) for key, n in by_place.items()}, ("items",), minimum, own)
    kinds = {name: _by_value([row[part] for row in rows], minimum) for part, name in enumerate(flow.counted_too, 5)}
    if any(map(_total_hidden, (states, places, *kinds.values()))):  # they have one total: none says what another hides
        states, places = _all_hidden(states), _all_hidden(places)
        kinds = {name: _all_hidden(table) for name, table in kinds.items()}
    days = sorted(_days(row[3] - row[2]) for row in rows if row[3] is not None)
    shown = bool(days) and len(days) >= minimum and not _ends_hidden(flow, states)
    kept = _on_time(flow, [row[0] for row in rows], now)
    on_time = _hidden(("limit",), kept, ("decided", "on_time"), minimum)
    if any(0 < part < minimum for part in _parts(on_time)):  # few in time, or few late, are few as well
        on_time = _all_hidden(on_time, 2)
    ended, median = (len(days), days[(len(days) - 1) // 2]) if shown else (None, None)
    return Statistics(states, places, kinds, on_time, ended, median)


def _by_value(values: list[str], minimum: int) -> pa.Table:
    return _hidden(("value",), {(value,): (count,) for value, count in Counter(values).items()}, ("items",), minimum)


def _total_hidden(table: pa.Table) -> bool:
    rows = zip(*(table[name].to_pylist() for name in (*table.column_names[:-2], HIDDEN)), strict=True)
    return any(hidden for *keys, hidden in rows if set(keys) == {TOTAL})


def _parts(on_time: pa.Table) -> list[int]:
    """How many were in time and how many were late, of every row that is shown."""
    rows = zip(on_time["decided"].to_pylist(), on_time["on_time"].to_pylist(), on_time[HIDDEN].to_pylist(), strict=True)
    return [part for decided, kept, hidden in rows if not hidden for part in (kept, decided - kept)]


def _all_hidden(table: pa.Table, counts: int = 1) -> pa.Table:
    """The same rows, with nothing shown of their last `counts` columns."""
    rows = table.num_rows
    for place in range(table.num_columns - 1 - counts, table.num_columns - 1):
        table = table.set_column(place, table.column_names[place], pa.nulls(rows, pa.int64()))
    return table.set_column(table.num_columns - 1, HIDDEN, pa.array([True] * rows, pa.bool_()))


def _ends_hidden(flow: Flow, states: pa.Table) -> bool:
    """Whether some state that ends is hidden: how many have ended would give it away."""
    rows = zip(states["state"].to_pylist(), states[HIDDEN].to_pylist(), strict=True)
    return any(hidden for code, hidden in rows if code in flow.states and flow.states[code].ends)


def _on_time(flow: Flow, items: Sequence[int], now: datetime) -> dict[tuple[str, ...], tuple[int, ...]]:
    found: dict[tuple[str, ...], tuple[int, ...]] = {}
    its = set(items)
    rows = Deadline.objects.filter(item__flow=flow.code, paused_at=None)
    for item, name, due, ended in rows.values_list("item_id", "name", "due", "ended_at"):
        if item in its and (ended is not None or due <= now):
            decided, kept = found.get((name,), (0, 0))
            found[(name,)] = (decided + 1, kept + (ended is not None and ended <= due))
    return found


def _hidden(
    keys: tuple[str, ...],
    cells: dict[tuple[str, ...], tuple[int, ...]],
    counts: tuple[str, ...],
    minimum: int,
    own: str | None = None,
) -> pa.Table:
    """Cells with their totals; what is hidden is decided by the first count."""
    order = sorted(cells)
    columns = [pa.array([key[place] for key in order], pa.string()) for place in range(len(keys))]
    columns += [pa.array([cells[key][place] for key in order], pa.int64()) for place in range(len(counts))]
    table = with_totals(pa.table(columns, names=[*keys, *counts]), keys)
    return hide(table, keys, counts[:1], minimum, (keys[0], own) if own else None)


# Rows


def _common(row: Item, now: datetime) -> dict[str, Any]:
    return {
        "item": row.pk,
        "number": row.number or None,
        "version": row.definition,
        "state": row.state,
        "made_at": _local(row.made_at),
        "changed_at": _local(row.changed_at),
        "ended_at": _local(row.ended_at),
        "days": _days((row.ended_at or now) - row.made_at),
    }


def _act(act: Act, came: datetime | None, institutions: dict[str, str]) -> dict[str, Any]:
    around = (institutions[path] for path in reversed(above(act.path)) if path in institutions) if act.path else ()
    return {
        "act": act.pk,
        "item": act.item_id,
        "number": act.item.number or None,
        "step": act.step,
        "from_state": act.from_state or None,
        "to_state": act.to_state,
        "at": _local(act.at),
        "days_in_state": None if came is None else _days(act.at - came),
        "role": act.role or None,
        "institution": next(iter(around), None),
        "is_lent": None if act.person_id is None else act.person_id != act.behalf_id,
    }


def _local(at: datetime | None) -> datetime | None:
    return None if at is None else localtime(at).replace(tzinfo=None)


def _days(length: timedelta) -> float:
    return float(f"{length / _DAY:.{_DIGITS}g}")


# Fields


def _published(flow: Flow) -> list[models.Field]:
    """The service's own fields that go into the table."""
    return [its for its in flow.model._meta.local_fields if not its.primary_key and _is_published(flow, its)]


def _is_published(flow: Flow, its: models.Field) -> bool:
    if its.name in flow.pseudonyms:
        return True
    if its.name in flow.tag_of or its.name in flow.sealed or _type(its) is None:
        return False
    is_free = isinstance(its, models.CharField) and not its.choices
    return not is_free or its.name in (*flow.listed, *flow.searched)


def _column(its: models.Field) -> Column:
    return Column(its.name, _type(its), _said(its, "zh-hans"), _said(its, "en"), "code" if its.is_relation else "")


def _said(its: models.Field, language: str) -> str:
    with translation.override(language):
        return str(its.verbose_name)


def _type(its: models.Field) -> pa.DataType | None:
    """The Arrow type of a field; None where it is not published: a person, free text, a file."""
    if isinstance(its, models.ForeignKey):
        return pa.string() if its.related_model is Place else None
    if isinstance(its, models.DecimalField):
        return pa.decimal128(its.max_digits, its.decimal_places)
    return next((kind for field, kind in _TYPES if isinstance(its, field)), None)


_TYPES: tuple[tuple[type[models.Field], pa.DataType | None], ...] = (
    (models.BooleanField, pa.bool_()),
    (models.IntegerField, pa.int64()),
    (models.FloatField, pa.float64()),
    (models.DateTimeField, _MOMENT),
    (models.DateField, pa.date32()),
    (models.FileField, None),
    (models.CharField, pa.string()),
)


def _value(flow: Flow, its: models.Field, codes: dict[int, str], row: Item) -> Any:
    value = getattr(row, its.attname)
    if isinstance(its, models.ForeignKey):
        return codes.get(value)
    if its.name in flow.pseudonyms:
        return value if _PSEUDONYM.fullmatch(value) else None
    return _local(value) if isinstance(value, datetime) else value


def _codes() -> dict[int, str]:
    return dict(Place.objects.values_list("pk", "code"))
