"""Loads a rule pack (方案装载): strictly what cannot be read, with a finding for what is odd."""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from yiheng.base.expr import ExprError
from yiheng.base.refusal import Refusal
from yiheng.codes.normal import normal
from yiheng.drg.bycode import ByCode, by_code
from yiheng.drg.condition import LEVELS, OF_MDC, SS_VALID, Condition, Listed, ListKey, Scope, atoms, condition
from yiheng.drg.packs.content import Content, content_of
from yiheng.drg.packs.fingerprint import fingerprint
from yiheng.drg.packs.pack import QY, Counting, Finding, Group, Mdc, Pack, Rule
from yiheng.drg.packs.rewrite import Rewriting
from yiheng.drg.packs.rows import Row, Table
from yiheng.drg.packs.severities import ERROR, severity_of
from yiheng.drg.packs.source import TOML, Folder
from yiheng.drg.packs.switches import AS_WRITTEN

AMBIGUOUS = "ambiguous"
GIVEN_OUT = "adrg:"
NEXT = "next"
RULE = "rule"
# The kind of a category that the switch hiv_diagnosis is about.
HIV = "hiv"

_Lists = Mapping[ListKey, ByCode[int]]


def read_pack(folder: Path) -> Pack:
    """The pack in a folder; what cannot be read is refused by file, row, column and value, anything odd a finding."""
    if not folder.is_dir():
        raise Refusal("there is no such folder", file=str(folder), cure="a folder with the tables of a rule pack")
    return pack_of(content_of(Folder(folder)))


def pack_of(content: Content) -> Pack:
    """A pack from its content.

    Refused: what cannot be read, a digest that is not the one declared, and, unless the pack is a bare directory, a
    finding that `policy/drg/checks.yaml` calls an error.
    """
    pack = draft_of(content)
    check_digests(content, pack)
    if not pack.identity.bare:
        _refuse_errors(pack.findings)
    return pack


def draft_of(content: Content) -> Pack:
    """A pack from its content with all its findings; only what cannot be read is refused."""
    return _Reading(content).pack()


def check_digests(content: Content, pack: Pack) -> None:
    """Refuse a pack, or a base of it, with another digest than its pack.toml declares."""
    if content.base is not None and (wanted := content.own.text("base_digest")):
        _check_digest(draft_of(content.base), wanted, "base_digest")
    if wanted := content.own.text("digest"):
        _check_digest(pack, wanted, "digest")


def _check_digest(pack: Pack, wanted: str, key: str) -> None:
    if wanted != pack.digest:
        raise Refusal(f"{pack.id} has the digest {pack.digest}", file=TOML, column=key, value=wanted)


def _refuse_errors(findings: Iterable[Finding]) -> None:
    wrong = [finding for finding in findings if severity_of(finding.kind) == ERROR]
    if wrong:
        more = f"; and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        first = wrong[0]
        what, cure = f"{first.what} ({first.kind}{more})", _CURES.get(first.kind, "")
        raise Refusal(what, file=first.file, row=first.row, cure=cure)


_CURES = {"empty_list": "fill it, or name it in empty_lists of pack.toml"}


class _Reading:
    """One reading of a content; collects the findings on its way."""

    def __init__(self, content: Content) -> None:
        self.findings: list[Finding] = []
        self.identity, self.switches, self.about = content.said.identity, content.said.switches, content.said.about
        self.content = content
        self.rewriting = Rewriting(self.switches)
        self.hiv = {row["mdc"] for row in content.table("mdc").rows() if row["kind"] == HIV}

    def pack(self) -> Pack:
        self.dx_names = self._names(self._table("icd10", "code", "name"))
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
            "about": self.about,
            "weights": self._weights(),
        }
        self._find_odd(parts["mdcs"], parts["rules"], parts["lists"])
        return Pack(**parts, findings=tuple(self.findings), digest=fingerprint(parts))

    def _table(self, name: str, *columns: str) -> Table:
        """The columns asked for of a table."""
        whole = self.content.table(name)
        places = [whole.columns.index(column) for column in columns]
        if places == list(range(len(whole.columns))):
            return whole
        cells = [tuple([row[place] for place in places]) for row in whole.cells]
        return Table(whole.file, columns, cells, whole.origins)

    # --- codes

    def _names(self, table: Table) -> dict[str, str]:
        return {normal(cells[0]): cells[1] for _, cells in table.filled("code")}

    def _procedures(self) -> Table:
        return self._table("icd9", "code", "name", "is_valid_or")

    def _lists(self) -> dict[ListKey, ByCode[int]]:
        found: dict[tuple[str, str], list[tuple[str, int]]] = {}
        for number, (owner, name, code) in self._table("adrg_list", "owner", "list", "code").filled(
            "owner", "list", "code"
        ):
            found.setdefault((owner, name), []).append((normal(code), number))
        for number, (mdc, code, _) in self._diagnoses().filled("mdc", "code"):
            found.setdefault((OF_MDC + mdc, OF_MDC), []).append((normal(code), number))
        books = self.dx_names.keys() | self.proc_names.keys()
        lists = {ListKey(*key): by_code(rows, books) for key, rows in found.items()}
        return lists | {ListKey("", SS_VALID): self._valid()}

    def _diagnoses(self) -> Table:
        return self._table("mdc_dx", "mdc", "code", "site")

    def _valid(self) -> ByCode[int]:
        table = self._procedures()
        table.one_of("is_valid_or", ("0", "1"))
        return ByCode({normal(cells[0]): number for number, cells in table.filled() if cells[2] == "1"}, {})

    def _single(self, file: str, rows: Iterable[tuple[int, str, str]], kind: str) -> ByCode[str]:
        """One value a code, empty ones left out; of two that differ the later holds, with a finding of this kind."""
        said: dict[str, str] = {}
        for number, code, value in rows:
            if value:
                known = normal(code)
                if said.get(known, value) != value:
                    self.findings.append(Finding(kind, file, number, f"{known} is {said[known]} and {value}"))
                said[known] = value
        return by_code(said.items(), self.dx_names)

    def _exclusion(self) -> ByCode[str]:
        table = self._table("exclusion", "principal_code", "exclusion_table")
        rows = ((number, code, value) for number, (code, value) in table.filled("principal_code"))
        return self._single("exclusion.csv", rows, "two_values")

    def _sites(self) -> ByCode[str]:
        table = self._diagnoses()
        rows = ((number, code, site) for number, (_, code, site) in table.filled())
        return self._single("mdc_dx.csv", rows, "two_sites")

    def _counting(self, level: str) -> ByCode[Counting]:
        table = self._table("cc", "code", "level", "exclusion_table")
        table.one_of("level", LEVELS)
        rows = table.filled("code")
        said = [(normal(code), Counting(excluded, number)) for number, (code, its, excluded) in rows if its == level]
        return by_code(said, self.dx_names)

    def _weights(self) -> dict[str, Decimal]:
        table = self._table("weights", "drg", "weight")
        table.filled("drg", "weight")
        return {row["drg"]: _weight(row) for row in table.rows()}

    # --- gates

    def _mdcs(self) -> list[Mdc]:
        rows = self._table("mdc", "mdc", "name", "order", "kind", "logic").rows()
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
        for code in sorted(order.keys() - {mdc.code for mdc in mdcs}):
            self.findings.append(Finding("mdc_without_gate", "mdc.csv", None, f"{code} of mdc_order has no row"))
        return tuple(mdc for code in order for mdc in mdcs if mdc.code == code)

    # --- rules

    def _rules(self) -> dict[str, tuple[Rule, ...]]:
        groups = self._group_rows()
        table = self._table("adrg", "rule", "adrg", "mdc", "order", "phase", "logic", "if_no_drg")
        found: dict[str, list[Rule]] = {}
        for row in sorted(table.rows(), key=lambda row: row.whole("order")):
            rule = self._rule(row, groups.get(row.filled("rule"), []))
            if self.switches.ambiguous == AS_WRITTEN or not rule.ambiguous:
                found.setdefault(rule.mdc, []).append(rule)
        for name in sorted(groups.keys() - {row["rule"] for row in table.rows()}):
            self.findings.append(Finding("group_without_rule", "drg.csv", groups[name][0].number, f"no rule {name}"))
        return {mdc: tuple(its) for mdc, its in found.items()}

    def _group_rows(self) -> dict[str, list[Row]]:
        rows = self._table("drg", "rule", "drg", "name", "order", "condition").rows()
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
            return self.rewriting.condition(condition(row.filled(column), scope), scope.mdc in self.hiv)
        except ExprError as error:
            raise row.refusal(column, str(error)) from None

    # --- what is odd

    def _find_needless(self, lists: _Lists) -> None:
        full = {str(key) for key, members in lists.items() if members}
        for name in self.about.empty_lists:
            if name in full:
                what = f"{name} is named in empty_lists and holds codes"
                self.findings.append(Finding("declared_not_empty", TOML, None, what))

    def _find_odd(self, mdcs: tuple[Mdc, ...], rules: Mapping[str, tuple[Rule, ...]], lists: _Lists) -> None:
        self._find_needless(lists)
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
            if not lists.get(key) and str(key) not in self.about.empty_lists:
                self.findings.append(Finding("empty_list", file, row, f"the list {key} is empty: it never matches"))


def _weight(row: Row) -> Decimal:
    try:
        weight = Decimal(row["weight"])
    except InvalidOperation:
        weight = Decimal(-1)
    if not weight.is_finite() or weight < 0:
        raise row.refusal("weight", "is no number from 0 on")
    return weight
