"""A plan (方案参数): what a scheme says on one day, read once and refused by name where it says what is not known."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from yiheng.base.refusal import Refusal
from yiheng.codes.normal import normal
from yiheng.dip.keys import KeyLengths, key_lengths
from yiheng.policy.loader import Scheme

IN, OUT_OF = "in", "out"
CONSERVATIVE = "conservative"
_CHOICES = {
    "combination": ("all", "main_related"),
    "related_by": ("means", "lines"),
    "core_cases_years": ("all", "newest", "every"),
    "year_weights_on": ("fees_and_cases", "means"),
    "missing_year": ("left_out", "refuse"),
    "points_base": ("mean", "base_group", "quota"),
    "match": ("exact", "parts", "main_related"),
    **dict.fromkeys(("self_paid", "out_of_area_cases", "day_cases", "bed_day_cases", "excluded_fees"), (IN, OUT_OF)),
}
CRITERIA = ("exact", "matched", "specific", "share", "kind", "cost", "points", "id")
KINDS = ("core", "comprehensive", "primary", "early", "tumour", "tcm", "bedday")
_TRIMS = {"none": (), "percentile": ("low", "high"), "iqr": ("factor",), "sd": ("factor",)}
_EXTRA = ("id", "kind", "zh", "en", "dx", "other_dx", "proc")


@dataclass(frozen=True)
class Trimming:
    """Which cases leave a group's means: `kind` and its numbers; groups under `from_cases` keep all of theirs."""

    kind: str
    numbers: tuple[Fraction, ...]
    from_cases: int
    most_removed: Fraction


@dataclass(frozen=True)
class Extra:
    """A group by list: codes begin with one of `dx`, another diagnosis with one of `other_dx`, operations as `proc`."""

    id: str
    kind: str
    zh: str
    en: str
    dx: tuple[str, ...]
    other_dx: tuple[str, ...]
    proc: str


@dataclass(frozen=True)
class Plan:
    """A scheme on a day. `chapters`: the class of an operation's first characters; `classes`: the strongest first.

    `met` keeps the classes of operations that were asked for: few are distinct among many combinations.
    """

    scheme: Scheme
    day: date
    lengths: KeyLengths
    choice: dict[str, str]
    classes: tuple[str, ...]
    chapters: dict[str, str]
    trimming: Trimming
    extras: tuple[Extra, ...]
    preference: tuple[str, ...]
    _values: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    _numbers: dict[str, Fraction] = field(default_factory=dict, compare=False, repr=False)
    met: dict[tuple[str, bool], str | None] = field(default_factory=dict, compare=False, repr=False)

    def value(self, name: str) -> Any:
        """A value that needs no reading; looked up once."""
        if name not in self._values:
            self._values[name] = self.scheme.value(name, self.day)
        return self._values[name]

    def exact(self, name: str) -> Fraction:
        """A number as it is written."""
        if name not in self._numbers:
            self._numbers[name] = fraction(self.value(name))
        return self._numbers[name]


def plan(scheme: Scheme, day: date) -> Plan:
    """The plan of a scheme on a day; a value that is not one of those known is refused with its name."""
    choice = {name: _one_of(scheme, day, name, allowed) for name, allowed in _CHOICES.items()}
    listed = scheme.value("treatment_classes", day)
    chapters = {chapter: name for name, ranges in listed for each in ranges for chapter in _chapters(scheme, each)}
    preference = tuple(scheme.value("preference", day))
    unknown = [name for name in preference if name not in CRITERIA]
    if unknown:
        raise Refusal(
            "preference: unknown criterion", scheme.id, value=unknown[0], cure=f"one of: {', '.join(CRITERIA)}"
        )
    return Plan(
        scheme, day, _lengths(scheme, day), choice, tuple(name for name, _ in listed), chapters,
        _trimming(scheme, day), tuple(_extra(scheme, each) for each in scheme.value("extra_groups", day)), preference,
    )  # fmt: skip


def fraction(value: object) -> Fraction:
    """A number of a policy file as it is written, not as a float holds it."""
    return Fraction(str(value))


def _one_of(scheme: Scheme, day: date, name: str, allowed: tuple[str, ...]) -> str:
    value = scheme.value(name, day)
    if value not in allowed:
        raise Refusal(f"{name}: is no choice", scheme.id, value=str(value), cure=f"one of: {', '.join(allowed)}")
    return str(value)


def _lengths(scheme: Scheme, day: date) -> KeyLengths:
    lengths = key_lengths(scheme, day)
    wide = lengths.comprehensive
    if not wide or max(wide) > lengths.dx or list(wide) != sorted(set(wide), reverse=True):
        what = "comprehensive_key_chars: lengths must fall, none longer than dx_key_chars"
        raise Refusal(what, scheme.id, value=str(list(wide)))
    return lengths


def _chapters(scheme: Scheme, text: str) -> list[str]:
    """`87-92` as the two-character beginnings 87, 88 ... 92; `36` as itself."""
    first, _, last = text.partition("-")
    if not (first.isdigit() and (last or first).isdigit() and len(first) == len(last or first) == len("00")):
        raise Refusal("treatment_classes: is no range of chapters", scheme.id, value=text, cure="such as 87-92")
    return [f"{number:02}" for number in range(int(first), int(last or first) + 1)]


def _trimming(scheme: Scheme, day: date) -> Trimming:
    value = scheme.value("trimming", day)
    kind = value.get("kind")
    if kind not in _TRIMS or not set(value) <= {"kind", "from_cases", "most_removed", *_TRIMS[kind]}:
        raise Refusal("trimming: is no rule", scheme.id, value=str(value), cure=f"one of: {', '.join(_TRIMS)}")
    lacking = [name for name in _TRIMS[kind] if name not in value]
    if lacking:
        raise Refusal(f"trimming: {kind} needs {', '.join(lacking)}", scheme.id)
    numbers = tuple(fraction(value[name]) for name in _TRIMS[kind])
    return Trimming(kind, numbers, int(value.get("from_cases", 0)), fraction(value.get("most_removed", 1)))


def _extra(scheme: Scheme, value: dict[str, Any]) -> Extra:
    wrong = sorted((set(value) - set(_EXTRA)) | ({"id", "kind", "zh", "en"} - set(value)))
    if wrong:
        raise Refusal(f"extra_groups: missing or unknown {', '.join(wrong)}", scheme.id, value=str(value.get("id", "")))
    if value["kind"] not in KINDS:
        raise Refusal("extra_groups: is no kind", scheme.id, value=value["kind"], cure=f"one of: {', '.join(KINDS)}")
    dx, other = (tuple(plain(str(code)) for code in value.get(name) or ()) for name in ("dx", "other_dx"))
    if not (dx or other or value.get("proc")):
        raise Refusal("extra_groups: takes every case", scheme.id, value=str(value["id"]))
    return Extra(str(value["id"]), value["kind"], value["zh"], value["en"], dx, other, str(value.get("proc") or ""))


def plain(code: str) -> str:
    """A code in normal form without its point: what beginnings are compared by."""
    return normal(code).replace(".", "")


def begins(code: str, heads: Collection[str]) -> bool:
    """Whether a code begins with one of `heads`, which may be ranges of beginnings such as C00-C97."""
    bare = plain(code)
    for head in heads:
        first, _, last = (plain(part) for part in head.partition("-"))
        if (bare[: len(first)] >= first and bare[: len(last)] <= last) if last else bare.startswith(first):
            return True
    return False
