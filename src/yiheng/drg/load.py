"""Loads a rule pack from a folder (方案装载): strictly what cannot be read, with a finding for what is odd."""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from yiheng.base.expr import ExprError
from yiheng.base.refusal import Refusal
from yiheng.drg.bycode import ByCode, by_code, normal_code
from yiheng.drg.condition import LEVELS, OF_MDC, SS_VALID, Condition, Listed, ListKey, Scope, atoms, condition
from yiheng.drg.fingerprint import fingerprint
from yiheng.drg.identity import read_identity
from yiheng.drg.pack import QY, Counting, Finding, Group, Mdc, Pack, Rule
from yiheng.drg.rows import Row, Table, read_table
from yiheng.drg.switches import AS_WRITTEN

AMBIGUOUS = "ambiguous"
GIVEN_OUT = "adrg:"
NEXT = "next"
RULE = "rule"

_Lists = Mapping[ListKey, ByCode[int]]


def read_pack(folder: Path) -> Pack:
    """The pack in a folder; what cannot be read is refused by file, row, column and value, anything odd a finding."""
    if not folder.is_dir():
        raise Refusal("there is no such folder", file=str(folder), cure="a folder with the tables of a rule pack")
    return _Reading(folder).pack()


class _Reading:
    """One reading of a folder; collects the findings on its way."""

    def __init__(self, folder: Path) -> None:
        self.findings: list[Finding] = []
        self.identity, self.switches = read_identity(folder)
        self._table = cache(lambda file, *columns: read_table(folder, file, columns))

    def pack(self) -> Pack:
        self.dx_names = self._names(self._table("icd10.csv", "code", "name"))
        self.proc_names = self._names(self._procedures())
        parts: dict[str, Any] = {
            "identity": self.identity,
            "switches": self.switches,
            "mdcs": self._ordered(self._mdcs()),
            "rules": self._rules(),
            "lists": self._lists(),
            "severity": {level: self._counting(level) for level in LEVELS},
            "exclusion": self._exclusion(),
            "sites": self._sites(),
            "dx_names": self.dx_names,
            "proc_names": self.proc_names,
        }
        self._find_odd(parts["mdcs"], parts["rules"], parts["lists"])
        return Pack(**parts, findings=tuple(self.findings), digest=fingerprint(parts))

    # --- codes

    def _names(self, table: Table) -> dict[str, str]:
        return {normal_code(cells[0]): cells[1] for _, cells in table.filled("code")}

    def _procedures(self) -> Table:
        return self._table("icd9.csv", "code", "name", "is_valid_or")

    def _lists(self) -> dict[ListKey, ByCode[int]]:
        found: dict[tuple[str, str], list[tuple[str, int]]] = {}
        for number, (owner, name, code) in self._table("adrg_list.csv", "owner", "list", "code").filled(
            "owner", "list", "code"
        ):
            found.setdefault((owner, name), []).append((normal_code(code), number))
        for number, (mdc, code, _) in self._diagnoses().filled("mdc", "code"):
            found.setdefault((OF_MDC + mdc, OF_MDC), []).append((normal_code(code), number))
        books = self.dx_names.keys() | self.proc_names.keys()
        lists = {ListKey(*key): by_code(rows, books) for key, rows in found.items()}
        return lists | {ListKey("", SS_VALID): self._valid()}

    def _diagnoses(self) -> Table:
        return self._table("mdc_dx.csv", "mdc", "code", "site")

    def _valid(self) -> ByCode[int]:
        table = self._procedures()
        table.one_of("is_valid_or", ("0", "1"))
        return ByCode({normal_code(cells[0]): number for number, cells in table.filled() if cells[2] == "1"}, {})

    def _single(self, file: str, rows: Iterable[tuple[int, str, str]]) -> ByCode[str]:
        """One value a code, empty ones left out; of two that differ the later holds, with a finding."""
        said: dict[str, str] = {}
        for number, code, value in rows:
            if value:
                known = normal_code(code)
                if said.get(known, value) != value:
                    self.findings.append(Finding("two_values", file, number, f"{known} is {said[known]} and {value}"))
                said[known] = value
        return by_code(said.items(), self.dx_names)

    def _exclusion(self) -> ByCode[str]:
        table = self._table("exclusion.csv", "principal_code", "exclusion_table")
        rows = ((number, code, value) for number, (code, value) in table.filled("principal_code"))
        return self._single(table.file, rows)

    def _sites(self) -> ByCode[str]:
        table = self._diagnoses()
        return self._single(table.file, ((number, code, site) for number, (_, code, site) in table.filled()))

    def _counting(self, level: str) -> ByCode[Counting]:
        table = self._table("cc.csv", "code", "level", "exclusion_table")
        table.one_of("level", LEVELS)
        rows = table.filled("code")
        said = [
            (normal_code(code), Counting(excluded, number)) for number, (code, its, excluded) in rows if its == level
        ]
        return by_code(said, self.dx_names)

    # --- gates

    def _mdcs(self) -> list[Mdc]:
        rows = self._table("mdc.csv", "mdc", "name", "order", "kind", "logic").rows()
        return [self._mdc(row) for row in sorted(rows, key=lambda row: row.whole("order"))]

    def _mdc(self, row: Row) -> Mdc:
        code = row.filled("mdc")
        gate = self._condition(row, "logic", self._scope(OF_MDC + code, code))
        return Mdc(code, row["name"], row["kind"], gate, row["logic"], row.number)

    def _ordered(self, mdcs: list[Mdc]) -> tuple[Mdc, ...]:
        """As `mdc_order` says, else by the column `order`; an MDC that `mdc_order` leaves out is never tried."""
        order = dict.fromkeys(self.identity.mdc_order or (mdc.code for mdc in mdcs))
        for mdc in mdcs:
            if mdc.code not in order:
                self.findings.append(Finding("mdc_never_tried", "mdc.csv", mdc.row, f"{mdc.code} is not in mdc_order"))
        for code in order.keys() - {mdc.code for mdc in mdcs}:
            self.findings.append(Finding("mdc_without_gate", "mdc.csv", None, f"{code} of mdc_order has no row"))
        return tuple(mdc for code in order for mdc in mdcs if mdc.code == code)

    # --- rules

    def _rules(self) -> dict[str, tuple[Rule, ...]]:
        groups = self._group_rows()
        table = self._table("adrg.csv", "rule", "adrg", "mdc", "order", "phase", "logic", "if_no_drg")
        found: dict[str, list[Rule]] = {}
        for row in sorted(table.rows(), key=lambda row: row.whole("order")):
            rule = self._rule(row, groups.get(row.filled("rule"), []))
            if self.switches.ambiguous == AS_WRITTEN or not rule.ambiguous:
                found.setdefault(rule.mdc, []).append(rule)
        for name in groups.keys() - {row["rule"] for row in table.rows()}:
            self.findings.append(Finding("group_without_rule", "drg.csv", groups[name][0].number, f"no rule {name}"))
        return {mdc: tuple(its) for mdc, its in found.items()}

    def _group_rows(self) -> dict[str, list[Row]]:
        rows = self._table("drg.csv", "rule", "drg", "name", "order", "condition").rows()
        found: dict[str, list[Row]] = {}
        for row in sorted(rows, key=lambda row: row.whole("order")):
            found.setdefault(row.filled("rule"), []).append(row)
        return found

    def _rule(self, row: Row, group_rows: list[Row]) -> Rule:
        mdc = row.filled("mdc")
        when = self._condition(row, "logic", self._scope(row["rule"], mdc))
        groups = tuple(self._group(group, mdc) for group in group_rows)
        otherwise, ambiguous = self._otherwise(row)
        return Rule(
            row["rule"], row.filled("adrg"), mdc, row["phase"], when, row["logic"], groups, otherwise, ambiguous,
            row.number,
        )  # fmt: skip

    def _group(self, row: Row, mdc: str) -> Group:
        when = self._condition(row, "condition", self._scope(row.filled("drg"), mdc))
        return Group(row["drg"], row["name"], when, row["condition"], row.number)

    def _otherwise(self, row: Row) -> tuple[str, bool]:
        """The code given out when no group matches, "" for the next rule; and whether the rule is ambiguous."""
        said = row["if_no_drg"]
        code = said.removeprefix(GIVEN_OUT)
        if said not in (NEXT, RULE) and (code == said or not code):
            raise row.refusal("if_no_drg", "is none of adrg:XYZ, next, rule")
        if row["phase"] == AMBIGUOUS or said == RULE:
            return "" if said == NEXT else row["mdc"] + QY, True
        if self.switches.no_drg != AS_WRITTEN:
            return "" if self.switches.no_drg == NEXT else row["adrg"], False
        return "" if said == NEXT else code, False

    # --- conditions

    def _scope(self, owner: str, mdc: str) -> Scope:
        return Scope(owner, mdc, self.switches.principal_procedure != AS_WRITTEN)

    def _condition(self, row: Row, column: str, scope: Scope) -> Condition:
        try:
            return condition(row.filled(column), scope)
        except ExprError as error:
            raise row.refusal(column, str(error)) from None

    # --- what is odd

    def _find_odd(self, mdcs: tuple[Mdc, ...], rules: Mapping[str, tuple[Rule, ...]], lists: _Lists) -> None:
        opened = {mdc.code: mdc for mdc in mdcs}
        for mdc in opened.values():
            self._find_empty("mdc.csv", mdc.row, mdc.gate, lists)
        for code, its in rules.items():
            for rule in its:
                if code not in opened:
                    self.findings.append(Finding("rule_never_tried", "adrg.csv", rule.row, f"MDC {code} has no gate"))
                self._find_empty("adrg.csv", rule.row, rule.when, lists)
                for group in rule.groups:
                    self._find_empty("drg.csv", group.row, group.when, lists)

    def _find_empty(self, file: str, row: int, when: Condition, lists: _Lists) -> None:
        for key in dict.fromkeys(atom.key for atom in atoms(when) if isinstance(atom, Listed)):
            if not lists.get(key):
                self.findings.append(Finding("empty_list", file, row, f"the list {key} is empty: it never matches"))
