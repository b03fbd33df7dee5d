"""Compiles a pack (方案编译): lists become numbers by code, conditions short programs, results a table of outcomes."""

import sys
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, TypeVar

import numpy as np

from yiheng.base.refusal import Refusal
from yiheng.drg.bycode import ByCode
from yiheng.drg.condition import DX_ROLES, PROC_ROLES, All
from yiheng.drg.kernel import machine as a
from yiheng.drg.kernel.arrays import NO_ENTRY, Compiled, Spelled
from yiheng.drg.kernel.machine import pool
from yiheng.drg.kernel.program import Programs, needed
from yiheng.drg.packs.pack import Pack, Rule
from yiheng.drg.reference import Found, matched, unmatched
from yiheng.drg.result import Result

_LAST = chr(sys.maxunicode)
_MOST_MDCS = np.iinfo(np.int64).bits - 1
_MOST_SITES = np.iinfo(np.int32).bits - 1
Said = TypeVar("Said")


@dataclass(frozen=True)
class Codes:
    """Numbers of codes: of a code itself, else of the longest prefix that it begins with, else NO_ENTRY."""

    numbers: Mapping[str, int]
    prefixes: Mapping[str, int]

    @property
    def count(self) -> int:
        """How many numbers there are, NO_ENTRY included."""
        return 1 + len(self.numbers) + len(self.prefixes)

    def number(self, code: str) -> int:
        found = self.numbers.get(code)
        if found is None and self.prefixes:
            heads = (code[:length] for length in range(len(code), 0, -1))
            found = next((self.prefixes[head] for head in heads if head in self.prefixes), None)
        return NO_ENTRY if found is None else found

    def beginning(self, prefix: str) -> Iterator[int]:
        """The numbers of all codes and prefixes that begin with `prefix`."""
        for codes, numbers in self._in_order:
            yield from numbers[bisect_left(codes, prefix) : bisect_left(codes, prefix + _LAST)]

    @cached_property
    def _in_order(self) -> list[tuple[list[str], list[int]]]:
        return [(sorted(by), [by[code] for code in sorted(by)]) for by in (self.numbers, self.prefixes)]


def compiled(pack: Pack) -> Compiled:
    """The compiled form of a pack, made once for its digest."""
    return _by_digest(_Keyed(pack))


class _Keyed:
    """A pack that is equal to another with the same digest."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Keyed) and self.pack.digest == other.pack.digest

    def __hash__(self) -> int:
        return hash(self.pack.digest)


@lru_cache(maxsize=10)
def _by_digest(keyed: _Keyed) -> Compiled:
    return _Compiler(keyed.pack).compiled()


class _Compiler:
    """One compilation: numbers are given out in the order in which things are met."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.programs = Programs()
        self.outcomes: dict[Result, int] = {}
        mdcs = enumerate(pack.mdcs)
        self.rules = [(place, rule) for place, mdc in mdcs for rule in pack.rules.get(mdc.code, ())]

    def compiled(self) -> Compiled:
        pack, programs = self.pack, self.programs
        if len(pack.mdcs) > _MOST_MDCS:
            raise Refusal(f"has {len(pack.mdcs)} MDCs, more than {_MOST_MDCS}", file="mdc.csv")
        sites = {site for _, site in pack.sites.items()}
        if len(sites) > _MOST_SITES:
            raise Refusal(f"has {len(sites)} sites, more than {_MOST_SITES}", file="mdc_dx.csv", column="site")
        gates = [programs.chain(mdc.gate, a.FIRST_OUTCOME, a.NEXT) for mdc in pack.mdcs]
        parts = {"RULES": _ints(self._rule(place, rule) for place, rule in self.rules), "GATES": _ints(gates)}
        guards, parts["UNGUARDED"] = self._guards()
        dx = self._universe(DX_ROLES, [*pack.severity.values(), pack.exclusion, pack.sites])
        proc = self._universe(PROC_ROLES, [])
        parts |= self._records(dx, proc, guards)
        dx, parts["DX"] = _alike(dx, parts["DX"])
        proc, parts["PROC"] = _alike(proc, parts["PROC"])
        parts |= {"TESTS": programs.tests(), "RANGES": programs.ranges(), "SINGLE": self._single(parts)}
        return Compiled(
            pack.standing,
            tuple(finding.line() for finding in pack.findings),
            pack.switches.weight_column,
            tuple(mdc.code for mdc in pack.mdcs),
            pool(parts, programs.limits()),
            _spelled(dx, pack.dx_names),
            _spelled(proc, pack.proc_names),
            tuple(self.outcomes),
            programs.fields(),
            programs.depts,
        )

    def _single(self, parts: Mapping[str, np.ndarray]) -> np.ndarray:
        counts = [
            len(parts["UNGUARDED"]),
            len(self.programs.atoms),
            len(self.pack.mdcs),
            len(self.rules),
            len(self.outcomes),
        ]
        switches = self.pack.switches
        return np.array([*counts, switches.newborn_days, switches.retry_each_other_procedure])

    def _rule(self, place: int, rule: Rule) -> int:
        """Where the chain of a rule begins: the gate of its MDC, its own condition, its groups."""
        end = self._outcome(unmatched(rule))
        for its in reversed(rule.groups):
            end = self.programs.chain(its.when, self._outcome(matched(rule, its)), end)
        return self.programs.chain(All((self.pack.mdcs[place].gate, rule.when)), end, a.NEXT)

    def _outcome(self, found: Found | None) -> int:
        if found is None:
            return a.NEXT
        result = Result(found.status, found.mdc, found.adrg, found.code, found.why or None)
        return a.FIRST_OUTCOME - self.outcomes.setdefault(result, len(self.outcomes))

    def _guards(self) -> tuple[dict[int, list[int]], np.ndarray]:
        """By list condition the rules that cannot match without it or another of theirs; the rules that need none."""
        guards, unguarded = dict[int, list[int]](), list[int]()
        for number, (place, rule) in enumerate(self.rules):
            needs = needed(All((self.pack.mdcs[place].gate, rule.when)), lambda atom: len(self.pack.list(atom.key)))
            if needs is None:
                unguarded.append(number)
            for atom in needs or ():
                guards.setdefault(self.programs.atom(atom), []).append(number)
        return guards, np.array(unguarded, np.int32)

    # --- codes

    def _universe(self, roles: tuple[str, ...], more: Sequence[ByCode[Any]]) -> Codes:
        """Numbers for all codes and prefixes of the lists that are asked for in these roles, and of `more`."""
        lists = [self.pack.list(atom.key) for atom in self.programs.atoms if atom.role in roles]
        exact = sorted({code for by in (*lists, *more) for code in by.exact})
        prefixes = sorted({code for by in (*lists, *more) for code in by.prefixes})
        numbers = {code: number for number, code in enumerate(exact, 1)}
        return Codes(numbers, {code: number for number, code in enumerate(prefixes, 1 + len(exact))})

    def _records(self, dx: Codes, proc: Codes, guards: Mapping[int, list[int]]) -> dict[str, np.ndarray]:
        diagnoses = np.full((dx.count, a.DX_RECORD), -1, np.int32)
        procedures = np.full((proc.count, a.PROC_RECORD), -1, np.int32)
        entries = _Entries(guards)
        self._enter(diagnoses, a.FIRST_ATOMS, dx, ("pdx", "dx"), entries)
        self._enter(diagnoses, a.OTHER_ATOMS, dx, ("sdx", "dx"), entries)
        self._enter(procedures, a.FIRST_ATOMS, proc, ("pproc", "proc"), entries)
        self._enter(procedures, a.OTHER_ATOMS, proc, ("sproc", "proc"), entries)
        _tables(self.pack, dx, diagnoses)
        return {"DX": diagnoses, "PROC": procedures, "ENTRIES": np.array(entries.all, np.int32)}

    def _enter(
        self, records: np.ndarray, place: int, codes: Codes, roles: tuple[str, ...], entries: "_Entries"
    ) -> None:
        """Write the conditions that a code makes true in these roles, and their rules, and where they stand."""
        by_code: list[list[int]] = [[] for _ in range(codes.count)]
        for atom, number in self.programs.atoms.items():
            if atom.role in roles:
                for code, _ in _said(codes, self.pack.list(atom.key)):
                    by_code[code].append(a.ATOMS + number)
        for code, atoms in enumerate(by_code):
            bounds = entries.bounds(tuple(atoms))
            records[code, place : place + len(bounds)] = bounds


class _Entries:
    """List conditions with the rules that wait for them; the same conditions stand here once."""

    def __init__(self, guards: Mapping[int, list[int]]) -> None:
        self.all: list[int] = []
        self._guards = guards
        self._bounds: dict[tuple[int, ...], tuple[int, int, int]] = {}

    def bounds(self, atoms: tuple[int, ...]) -> tuple[int, int, int]:
        """Where the conditions begin, where their rules begin, and where these end."""
        if atoms not in self._bounds:
            begin = len(self.all)
            rules = sorted({rule for atom in atoms for rule in self._guards.get(atom - a.ATOMS, ())})
            self.all += [*atoms, *rules]
            self._bounds[atoms] = (begin, begin + len(atoms), begin + len(atoms) + len(rules))
        return self._bounds[atoms]


def _alike(codes: Codes, records: np.ndarray) -> tuple[Codes, np.ndarray]:
    """One number and record for all codes with the same record: few enough to stay near the processor."""
    numbers: dict[bytes, int] = {}
    to = [numbers.setdefault(record.tobytes(), len(numbers)) for record in records]
    distinct = np.frombuffer(b"".join(numbers), np.int32)
    return (
        Codes(
            {code: to[number] for code, number in codes.numbers.items()},
            {code: to[number] for code, number in codes.prefixes.items()},
        ),
        distinct,
    )


def _said(codes: Codes, by: ByCode[Said]) -> Iterator[tuple[int, Said]]:
    """The number of every code and prefix that a table says something of, with what it says."""
    said: dict[int, Said] = {}
    for prefix in sorted(by.prefixes, key=len):
        said |= dict.fromkeys(codes.beginning(prefix), by.prefixes[prefix])
    said |= {codes.numbers[code]: its for code, its in by.exact.items()}
    return iter(said.items())


def _tables(pack: Pack, codes: Codes, records: np.ndarray) -> None:
    """Write exclusion tables and body regions into the records; a table is a number from 1, 0 is none."""
    tables: dict[str, int] = {"": 0}
    for level, place in (("MCC", a.MCC_TABLE), ("CC", a.CC_TABLE)):
        for number, its in _said(codes, pack.severity[level]):
            records[number, place] = tables.setdefault(its.table, len(tables))
    for number, table in _said(codes, pack.exclusion):
        records[number, a.PRINCIPAL_TABLE] = tables.setdefault(table, len(tables))
    sites: dict[str, int] = {}
    records[:, a.SITES_HURT] = 0
    for number, site in _said(codes, pack.sites):
        records[number, a.SITES_HURT] = 1 << sites.setdefault(site, len(sites))


def _spelled(codes: Codes, book: Iterable[str]) -> Spelled:
    """The numbers as the kernel takes them, of the codes of the lists and of the book; an empty book lacks no code."""
    known = dict.fromkeys(book, 0)
    lacking = int(bool(known))
    exact = {code: 2 * codes.number(code) + lacking * (code not in known) for code in (*codes.numbers, *known)}
    prefixes = {prefix: 2 * number + lacking for prefix, number in codes.prefixes.items()}
    return Spelled(exact, prefixes, 2 * NO_ENTRY + lacking)


def _ints(numbers: Iterable[int]) -> np.ndarray:
    return np.fromiter(numbers, np.int32)
