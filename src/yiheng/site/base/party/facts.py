"""What a party is asked about (当事事实): an item's people and places, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Concerned:
    """Those whom an item concerns.

    - item: its number in the database; author: the person who made it
    - people: by field the person in it; places: by field the path of the place in it; None: not filled in
    - former: by field the paths of the places that were in it before
    """

    item: int
    author: int
    people: Mapping[str, int | None] = field(default_factory=dict)
    places: Mapping[str, str | None] = field(default_factory=dict)
    former: Mapping[str, frozenset[str]] = field(default_factory=dict)
