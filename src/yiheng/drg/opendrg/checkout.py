"""A checkout as tables (规则表): the categories, rules and groups of one version folder, in their order."""

import ast
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from yiheng.base.refusal import Refusal
from yiheng.drg.opendrg.logic import FALSE, SECOND_DX, SECOND_PROC, Logic, asked, no, written
from yiheng.drg.opendrg.reading import Lists, Reading, function, parsed
from yiheng.drg.packs.schema import forms

_HEADER = "创伤"
_TRAUMA = "sites >= 2"
_LEVELS = ("MCC", "CC")
Rows = list[tuple[str, ...]]


@dataclass
class Checkout:
    """One version folder of a checkout, such as `drg_group/chs_drg_11`; `tables` are its rows by table."""

    folder: Path
    tables: dict[str, Rows] = field(default_factory=lambda: {name: [] for name in forms()})

    def read(self) -> dict[str, Rows]:
        """All tables; a construct that is not known, or a rule that is called and not there, is refused."""
        if not (self.folder / "Grouper.py").is_file():
            cure = "a version folder of a checkout, such as drg_group/chs_drg_11"
            raise Refusal("holds no Grouper.py", file=str(self.folder), cure=cure)
        for place, mdc in enumerate(self.mdc_order, 1):
            self._mdc(mdc, place)
        self._codes()
        return self.tables

    @cached_property
    def mdc_order(self) -> list[str]:
        """The categories in the order in which Grouper.py tries them."""
        body = function(parsed(self.folder, "Grouper.py"), "group", "Grouper.py").body
        return [name.removeprefix("MDC") for statement in body if (name := _called(statement))]

    @cached_property
    def retries(self) -> bool:
        """Whether a case without a group is tried again with each other procedure alone."""
        found = [
            node
            for path in sorted(self.folder.glob("Grouper_*.py"))
            for node in ast.walk(parsed(self.folder, path.name))
        ]
        replaced = (
            node for node in found if isinstance(node, ast.Call) and ast.unparse(node.func) == "record._replace"
        )
        return any(keyword.arg == "ssList" for node in replaced for keyword in node.keywords)

    def _add(self, table: str, *cells: object) -> None:
        self.tables[table].append(tuple(map(str, cells)))

    # --- categories

    def _mdc(self, mdc: str, place: int) -> None:
        file = f"MDC/MDC{mdc}.py"
        gate: Logic = FALSE
        reading, rest = Reading(file), list[ast.stmt]()
        for statement in function(parsed(self.folder, file), "group", file).body:
            match statement:
                case ast.If(ast.UnaryOp(ast.Not()) as test, [ast.Return(ast.Constant(""))], []) if not rest:
                    gate = no(reading.logic(test))
                case _ if not reading.take_list(statement):
                    rest.append(statement)
        sites = any(isinstance(each, ast.Assign) and ast.unparse(each.targets[0]) == "zd_map" for each in rest)
        kind = self._kind(mdc, gate, sites)
        logic = written(gate) + (f" and {_TRAUMA}" if sites else "")
        self._add("mdc", mdc, f"MDC{mdc}", place, kind, logic)
        self._members(mdc, reading.lists.pop("MDC", []))
        self._lists(f"MDC{mdc}", reading.lists, gate)
        self._rules(mdc, rest, reading)

    def _kind(self, mdc: str, gate: Logic, sites: bool) -> str:
        texts = [atom.text for atom in asked(gate)]
        if sites:
            return "multiple_trauma"
        if mdc == "Y":
            return "hiv"
        named = {"pproc in SS_VALID": "pre_mdc", "age == 0": "newborn", "sex == 1": "male", "sex == 2": "female"}
        return next((kind for text, kind in named.items() if text in texts), "principal_dx")

    def _members(self, mdc: str, codes: list[str]) -> None:
        site = ""
        for code in dict.fromkeys(codes):
            if code.endswith(_HEADER):
                site = code
            else:
                self._add("mdc_dx", mdc, code, site)

    # --- rules

    def _rules(self, mdc: str, statements: list[ast.stmt], reading: Reading) -> None:
        place = 0
        for statement in statements:
            if rule := _called(statement):
                place += 1
                self._rule(mdc, rule, place)
            elif isinstance(statement, ast.If) and _returns(statement).endswith("QY"):
                when = reading.logic(statement.test)
                if when != FALSE:
                    place += 1
                    self._add("adrg", _returns(statement), "QY", mdc, place, "ambiguous", _text(when, reading), "rule")

    def _rule(self, mdc: str, rule: str, place: int) -> None:
        file = f"ADRG/{rule}.py"
        reading = Reading(file)
        for statement in function(parsed(self.folder, file), "group", file).body:
            if not (reading.take_list(statement) or reading.take_roles(statement)):
                break
        if not isinstance(statement, ast.If):
            raise reading.refusal(statement, "is not understood")
        when = reading.logic(statement.test)
        code, adrg = _returns(statement), rule.partition("_")[0]
        self._add(
            "adrg", rule, adrg, mdc, place, _phase(adrg), _text(when, reading), f"adrg:{code}" if code else "next"
        )
        self._lists(rule, reading.lists, when)
        groups = [each for each in statement.body if isinstance(each, ast.If)]
        for number, each in enumerate(groups, 1):
            self._group(rule, adrg, _returns(each), each.test, number, reading)

    def _group(self, rule: str, adrg: str, drg: str, test: ast.expr, number: int, caller: Reading) -> None:
        match test:
            case ast.Call(ast.Attribute(ast.Name(module), name)) if module.endswith("_DRG"):
                file = f"DRG/{module}.py"
                body = function(self._module(file), name, file).body
            case ast.Call(ast.Attribute(ast.Name(module), "group")):
                file = f"DRG_EX/{module}.py"
                body = function(self._module(file), "group", file).body
            case _:
                raise caller.refusal(test, "is not understood")
        reading = Reading(file)
        when = _answer([each for each in body if not reading.take_list(each)], reading)
        self._add("drg", rule, adrg, drg, self._names.get(drg, ""), number, _text(when, reading))
        self._lists(drg, reading.lists, when)

    def _module(self, file: str) -> ast.Module:
        if file not in self._parsed:
            self._parsed[file] = parsed(self.folder, file)
        return self._parsed[file]

    @cached_property
    def _parsed(self) -> dict[str, ast.Module]:
        return {}

    def _lists(self, owner: str, lists: Lists, when: Logic) -> None:
        """The lists that a condition asks for; a role that no code has stays an empty list."""
        named = {atom.text.split(" ")[-1] for atom in asked(when)}
        for name, codes in lists.items():
            if name in named:
                for code in dict.fromkeys(codes):
                    row = (owner, name, code)
                    if row not in self._listed:
                        self._listed.add(row)
                        self._add("adrg_list", *row)

    @cached_property
    def _listed(self) -> set[tuple[str, str, str]]:
        return set()

    # --- codes

    @cached_property
    def _names(self) -> dict[str, str]:
        return self._data("DATA/DRG.dat")

    def _data(self, file: str) -> dict[str, str]:
        """A .dat file: a code and what is said of it, parted by the first space."""
        try:
            lines = (self.folder / file).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise Refusal(f"cannot be read: {error}", file=file) from None
        parts = (line.partition(" ") for line in lines)
        return {code: said for code, _, said in parts if code}

    def _codes(self) -> None:
        for level in _LEVELS:
            for code, table in self._data(f"DATA/{level}.dat").items():
                self._add("cc", code, level, table)
        for code, table in self._data("DATA/CCE.dat").items():
            self._add("exclusion", code, table)
        for code, name in self._data("ICD/ZD_INFO.dat").items():
            self._add("icd10", code, name)
        valid, names = self._data("DATA/SS_VALID.dat"), self._data("ICD/SS_INFO.dat")
        for code, name in (valid | names).items():
            self._add("icd9", code, name, int(code in valid))
        for table, file in (("icd10_map", "ICD/ZD_MAP.dat"), ("icd9_map", "ICD/SS_MAP.dat")):
            for code, target in self._data(file).items():
                self._add(table, code, target)


def _called(statement: ast.stmt) -> str:
    """X of `result = X.group(record)`, else nothing."""
    match statement:
        case ast.Assign([ast.Name("result")], ast.Call(ast.Attribute(ast.Name(name), "group"))):
            return name
    return ""


def _returns(statement: ast.If) -> str:
    """What the body of an `if` returns in the end, "" where it is no text."""
    last = statement.body[-1]
    match last:
        case ast.Return(ast.Constant(str() as code)):
            return code
    return ""


def _answer(body: list[ast.stmt], reading: Reading) -> Logic:
    """When a function says yes: `return CONDITION`, or `if CONDITION: ... return True`."""
    match body:
        case [ast.Return(ast.expr() as value)]:
            return reading.logic(value)
        case [ast.If(test, [*_, ast.Return(ast.Constant(True))], [])]:
            return reading.logic(test)
    raise reading.refusal(body[0] if body else ast.Pass(), "is not understood")


def _text(when: Logic, reading: Reading) -> str:
    """A condition as text; what the grammar has no word for is refused."""
    for atom in (SECOND_DX, SECOND_PROC):
        if atom in asked(when):
            raise Refusal(f"asks for a {atom.text}, which nothing else in the condition implies", file=reading.file)
    return written(when)


def _phase(adrg: str) -> str:
    """The second letter of an ADRG says what it is for: to J operations, to Q other procedures, then neither."""
    return "surgical" if adrg[1] <= "J" else "procedural" if adrg[1] <= "Q" else "medical"
