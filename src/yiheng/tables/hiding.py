"""Hiding (隐藏小单元格): what a viewer from outside may see of counts by one or two keys, their totals beside them.

A row is a cell, or the total of a line of cells (its other key is TOTAL). Hidden are

- small: rows with a count under the minimum, totals too
- complementary: as many more as it takes that no hidden count can be worked out from what is shown, and that the hidden
  cells of a line together, whose sum follows from its total, are not under the minimum either

A viewer is taken to know that a cell with a row has at least one, and that a cell without a row has none. Then a hidden
count is open exactly if it can be moved by one along a closed way of hidden cells, up and down in turns, none falling
below one: lines are the places of a network, cells its edges. Of the ways that would open a count the one with the
fewest cases is hidden.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush

import pyarrow as pa
import pyarrow.compute as pc

TOTAL = "all"
HIDDEN = "hidden"
Key = tuple[str | None, ...]
# Which parts of a key a total may lack.
_SUBSETS = ({0}, {1}, {0, 1})


def hide(
    table: pa.Table, keys: Sequence[str], counts: Sequence[str], minimum: int, own: tuple[str, str] | None = None
) -> pa.Table:
    """The same rows in their order; where hidden, all columns but the keys are null. Adds the bool column HIDDEN.

    `keys` are one or two text columns, `counts` whole numbers without null that add up along each key; the table has
    all totals (`with_totals`). `own` (key column, value) names rows that the viewer knows anyway: they are shown, and
    are no cover for others. What is hidden depends on no order of rows. Keys twice, a total that is missing or is not
    the sum of its cells: ValueError.
    """
    network = _network(table, keys, counts, own)
    hidden = pa.array(_hidden(network, len(counts), minimum), pa.bool_())
    for place, name in enumerate(table.column_names):
        if name not in keys:
            kind = table.schema.field(name).type
            table = table.set_column(place, name, pc.if_else(hidden, pa.scalar(None, kind), table[name]))
    return table.append_column(HIDDEN, hidden)


def with_totals(cells: pa.Table, keys: Sequence[str]) -> pa.Table:
    """Cells, then the totals of every line and of all; the columns besides `keys` are sums (int64 or decimal)."""
    sums = [name for name in cells.column_names if name not in keys]
    parts = [cells.select([*keys, *sums])]
    if not cells.num_rows:
        return parts[0]
    for kept in _margins(keys):
        found = cells.group_by(list(kept), use_threads=False).aggregate([(name, "sum") for name in sums])
        columns = [found[name] if name in kept else pa.array([TOTAL] * found.num_rows, pa.string()) for name in keys]
        columns += [found[f"{name}_sum"].cast(cells.schema.field(name).type) for name in sums]
        parts.append(pa.table(columns, names=[*keys, *sums]))
    return pa.concat_tables(parts)


def _margins(keys: Sequence[str]) -> list[tuple[str, ...]]:
    """The keys that each kind of total keeps."""
    return [(keys[0],), (keys[1],), ()] if len(keys) > 1 else [()]


# The network


@dataclass(frozen=True)
class _Edge:
    """One row: counting one more of it leads from place `tail` to place `head`."""

    row: int
    tail: int
    head: int
    counts: tuple[int, ...]
    is_total: bool
    known: bool

    def falls(self, count: int) -> bool:
        """Whether it can be one less. The cells of a total see to it that the total does not fall too far."""
        return self.is_total or self.counts[count] > 1


@dataclass
class _Network:
    """Rows in order of their keys, and lines: the cells of each and the total that they add up to."""

    edges: list[_Edge] = field(default_factory=list)
    lines: list[tuple[list[_Edge], _Edge]] = field(default_factory=list)


def _network(table: pa.Table, keys: Sequence[str], counts: Sequence[str], own: tuple[str, str] | None) -> _Network:
    if len(keys) not in (1, 2):
        raise ValueError(f"one or two keys, not {len(keys)}")
    rows = list(zip(*(table[name].to_pylist() for name in keys), strict=True))
    if len(set(rows)) != len(rows):
        raise ValueError("the same keys twice")
    numbers = list(zip(*(table[name].to_pylist() for name in counts), strict=True))
    known = _known(rows, list(keys).index(own[0]), own[1]) if own else set()
    network = _Network()
    places: dict[object, int] = {}
    made: dict[Key, _Edge] = {}
    for row in sorted(range(len(rows)), key=lambda row: _in_order(rows[row])):
        key = rows[row]
        tail, head = (places.setdefault(end, len(places)) for end in _ends(key))
        made[key] = _Edge(row, tail, head, numbers[row], TOTAL in key, key in known)
    network.edges = list(made.values())
    network.lines = list(_lines(made))
    return network


def _known(rows: list[Key], place: int, value: str) -> set[Key]:
    """The rows that a viewer knows: its own, and the totals that hold nothing but its own."""
    others = {key for key in rows if TOTAL not in key and key[place] != value}
    shared = {
        tuple(TOTAL if at in kept else part for at, part in enumerate(key)) for key in others for kept in _SUBSETS
    }
    return {key for key in rows if key[place] == value or (TOTAL in key and key not in shared)}


def _in_order(key: Key) -> list[tuple[bool, str]]:
    return [(part is not None, part or "") for part in key]


def _ends(key: Key) -> tuple[object, object]:
    """Where an edge leads from and to: a cell from its row to its column, totals the other way round, all to all."""
    if len(key) == 1:
        return ("in", "out") if key[0] != TOTAL else ("out", "in")
    row, column = ("row", key[0]), ("column", key[1])
    return (column, row) if (key[0] == TOTAL) != (key[1] == TOTAL) else (row, column)


def _lines(made: dict[Key, _Edge]) -> Iterator[tuple[list[_Edge], _Edge]]:
    """Every line with its total, checked."""
    cells: dict[tuple[Key, int], list[_Edge]] = {}
    for key, edge in made.items():
        for place, part in enumerate(key):
            if part != TOTAL:
                cells.setdefault(((*key[:place], TOTAL, *key[place + 1 :]), place), []).append(edge)
    for key in made.keys() - {key for key, _ in cells}:
        if TOTAL in key:
            raise ValueError(f"a total without cells: {key}")
    for (key, _), its in cells.items():
        if key not in made:
            raise ValueError(f"the total is missing: {key}")
        for count, total in enumerate(made[key].counts):
            if sum(edge.counts[count] for edge in its) != total:
                raise ValueError(f"the total is not the sum of its cells: {key}")
        yield its, made[key]


# What is hidden


def _hidden(network: _Network, counts: int, minimum: int) -> list[bool]:
    """For each row of the table whether it is hidden."""
    hidden = {edge.row for edge in network.edges if not edge.known and min(edge.counts) < minimum}
    before = -1
    while before != len(hidden):
        before = len(hidden)
        for count in range(counts):
            _fill_lines(network, hidden, count, minimum)
            _open_all(network, hidden, count)
    return [row in hidden for row in range(len(network.edges))]


def _fill_lines(network: _Network, hidden: set[int], count: int, minimum: int) -> None:
    """Hide the smallest cells of a line until its hidden ones come to the minimum; its total where they never do."""
    for cells, total in network.lines:
        missing = minimum - sum(edge.counts[count] for edge in cells if edge.row in hidden)
        if total.row in hidden or missing in (minimum, 0) or missing < 0:
            continue
        for edge in sorted(_shown(cells, hidden), key=lambda edge: edge.counts[count]):
            if missing <= 0:
                break
            hidden.add(edge.row)
            missing -= edge.counts[count]
        if missing > 0:
            hidden.add(total.row)


def _shown(edges: Iterable[_Edge], hidden: set[int]) -> Iterator[_Edge]:
    return (edge for edge in edges if edge.row not in hidden and not edge.known)


def _open_all(network: _Network, hidden: set[int], count: int) -> None:
    """Hide what it takes that every hidden count can be another."""
    slack = _Slack(count)
    waiting = [edge for edge in network.edges if edge.row in hidden]
    for edge in waiting:
        slack.add(edge)
    while waiting:
        edge = waiting.pop(0)
        if not slack.moves(edge):
            more = _cheapest(network, hidden, count, edge)
            for other in more:
                hidden.add(other.row)
                slack.add(other)
            waiting += more


class _Slack:
    """The steps that hidden counts allow: from each place the places one can go to, and over which rows."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._steps: dict[int, dict[int, set[int]]] = {}
        self._into: dict[int, set[int]] = {}

    def add(self, edge: _Edge) -> None:
        self._step(edge.tail, edge.head, edge.row)
        if edge.falls(self._count):
            self._step(edge.head, edge.tail, edge.row)

    def _step(self, start: int, end: int, row: int) -> None:
        self._steps.setdefault(start, {}).setdefault(end, set()).add(row)
        self._into.setdefault(end, set()).add(start)

    def moves(self, edge: _Edge) -> bool:
        """Whether this hidden count can be one more or one less, the others making up for it."""
        if self._leads(edge.head, edge.tail, edge.row):
            return True
        return edge.falls(self._count) and self._leads(edge.tail, edge.head, edge.row)

    def _leads(self, start: int, goal: int, without: int) -> bool:
        if self._steps.get(start, {}).get(goal, set()) - {without}:
            return True
        # The row left out joins start and goal, so that it is no step from or to any other place.
        before_goal = self._into.get(goal, set())
        seen, waiting = {start, goal}, [start]
        for place in waiting:
            new = self._steps.get(place, {}).keys() - seen
            if not new.isdisjoint(before_goal):
                return True
            seen |= new
            waiting += new
        return False


def _cheapest(network: _Network, hidden: set[int], count: int, edge: _Edge) -> list[_Edge]:
    """The shown rows with the fewest cases together whose hiding lets this hidden count move."""
    steps = list(_steps(network, count, edge))
    ways = [_way(steps, hidden, edge.head, edge.tail)]
    if edge.falls(count):
        ways.append(_way(steps, hidden, edge.tail, edge.head))
    found = min((way for way in ways if way is not None), key=lambda way: way[0])
    return [step for step in found[1] if step.row not in hidden]


def _steps(network: _Network, count: int, without: _Edge) -> Iterator[tuple[int, int, _Edge]]:
    """Every step that would be there if nothing were shown but what the viewer knows."""
    for edge in network.edges:
        if edge.row != without.row and not edge.known:
            yield edge.tail, edge.head, edge
            if edge.falls(count):
                yield edge.head, edge.tail, edge


def _way(
    steps: list[tuple[int, int, _Edge]], hidden: set[int], start: int, goal: int
) -> tuple[tuple[int, int], list[_Edge]] | None:
    """The cheapest way (Dijkstra) by shown cases and steps, with its edges; of equal ones the first by keys."""
    leaving: dict[int, list[tuple[int, _Edge]]] = {}
    for tail, head, edge in steps:
        leaving.setdefault(tail, []).append((head, edge))
    waiting: list[tuple[int, int, int]] = [(0, 0, start)]
    best: dict[int, tuple[int, int]] = {start: (0, 0)}
    came: dict[int, tuple[int, _Edge]] = {}
    while waiting:
        cases, length, place = heappop(waiting)
        if place == goal:
            return (cases, length), list(_back(came, start, goal))
        if (cases, length) > best[place]:
            continue
        for head, edge in leaving.get(place, ()):
            cost = (cases + (0 if edge.row in hidden else max(edge.counts)), length + 1)
            if head not in best or cost < best[head]:
                best[head], came[head] = cost, (place, edge)
                heappush(waiting, (*cost, head))
    return None


def _back(came: dict[int, tuple[int, _Edge]], start: int, goal: int) -> Iterator[_Edge]:
    while goal != start:
        goal, edge = came[goal]
        yield edge
