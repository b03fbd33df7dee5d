"""Python read as a text (只读解析): the expressions of a checkout's rules as logic; unknown ones are refused."""

import ast
from dataclasses import dataclass, field
from pathlib import Path

from yiheng.base.refusal import Refusal
from yiheng.drg.opendrg.logic import FALSE, PROC, SECOND_DX, SECOND_PROC, TRUE, Asks, Logic, both, either, no

Lists = dict[str, list[str]]

_NUMBERS = {
    "age": "age", "ageDay": "age_days", "weight": "weight_g", "inHospitalTime": "los", "icuHours": "icu_hours",
    "gender": "sex", "leavingType": "discharge",
}  # fmt: skip
_LISTS = {"mdc_zd": "MDC", "adrg_zd": "zd", "adrg_zd1": "zd1", "adrg_ss": "ss", "adrg_ss1": "ss1", "adrg_ss2": "ss2"}
_ROLES = {"zdList": ("pdx", "sdx", "dx"), "ssList": ("pproc", "sproc", "proc")}
_SIGNS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


def parsed(folder: Path, file: str) -> ast.Module:
    """A Python file of a folder as a tree; one that is not there, or is no Python, is refused."""
    try:
        return ast.parse((folder / file).read_bytes(), file)
    except FileNotFoundError:
        raise Refusal("is called, and there is no such file", file=file) from None
    except (SyntaxError, ValueError, RecursionError, MemoryError, OSError) as error:
        raise Refusal(f"cannot be read as Python: {error}", file=file) from None


def function(tree: ast.Module, name: str, file: str) -> ast.FunctionDef:
    """The function of this name."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return node
    raise Refusal(f"has no function {name}", file=file)


@dataclass
class Reading:
    """Expressions of one function; `lists` are its own by their names in the grammar, inline ones added as met."""

    file: str
    lists: Lists = field(default_factory=dict)

    def refusal(self, node: ast.AST, what: str) -> Refusal:
        return Refusal(what, self.file, "", getattr(node, "lineno", None), value=ast.unparse(node))

    def take_list(self, statement: ast.stmt) -> bool:
        """Whether a statement is one of the known lists; if so it is kept, each code once."""
        match statement:
            case ast.Assign([ast.Name(name)], ast.List(items)) if name in _LISTS or name == "dept_list":
                codes = [self._text(item) for item in items]
                if name != "dept_list":
                    self.lists[_LISTS[name]] = codes
                return True
        return False

    def take_roles(self, statement: ast.stmt) -> bool:
        """Whether a statement finds the roles of procedures: `ss1` then says the role of each code of `ss`."""
        match statement:
            case ast.Assign([ast.Name("ss_matched")], ast.ListComp()):
                roles: Lists = {}
                seen: set[str] = set()
                for code, role in zip(self.lists["ss"], self.lists["ss1"], strict=True):
                    if code not in seen:
                        roles.setdefault(f"ss@{role}", []).append(code)
                    seen.add(code)
                self.lists = {name: its for name, its in self.lists.items() if name not in ("ss", "ss1")} | roles
                return True
        return False

    def logic(self, node: ast.expr) -> Logic:
        match node:
            case ast.Constant(bool() as value):
                return TRUE if value else FALSE
            case ast.BoolOp(ast.And(), values):
                return both([self.logic(value) for value in values])
            case ast.BoolOp(ast.Or(), values):
                return either([self.logic(value) for value in values])
            case ast.UnaryOp(ast.Not(), operand):
                return no(self.logic(operand))
            case ast.Attribute(ast.Name("record"), "ssList"):
                return PROC
            case ast.Attribute(ast.Name("record"), "weight"):
                return Asks("weight_g present")
            case ast.Call(ast.Name("has_mcc" | "has_cc" as name), [main, others]):
                self._expect(main, "record.zdList[0]")
                self._expect(others, "record.zdList[1:]")
                return Asks(name.removeprefix("has_"))
            case ast.Call(ast.Name("intersect"), [one, other]):
                return self._intersect(node, one, other)
            case ast.Compare(left, ops, comparators):
                sides = [left, *comparators]
                return both([self._compare(node, *pair) for pair in zip(sides, ops, comparators, strict=False)])
        raise self.refusal(node, "is not understood")

    def _expect(self, node: ast.expr, text: str) -> None:
        if ast.unparse(node) != text:
            raise self.refusal(node, f"is not {text}")

    def _text(self, node: ast.expr) -> str:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        raise self.refusal(node, "is no text")

    def _intersect(self, node: ast.expr, one: ast.expr, other: ast.expr) -> Logic:
        if ast.unparse(one) == "SS_VALID":
            one, other = other, one
        match one:
            case ast.Attribute(ast.Name("record"), name) if name in _ROLES:
                role = _ROLES[name][2]
            case ast.Subscript(ast.Attribute(ast.Name("record"), name), ast.Slice(ast.Constant(1), None, None)):
                role = _ROLES[name][1]
            case _:
                raise self.refusal(node, "is not understood")
        return Asks(f"{role} any {self._list(other)}")

    def _list(self, node: ast.expr) -> str:
        match node:
            case ast.Name("SS_VALID"):
                return "SS_VALID"
            case ast.Name(name) if name in _LISTS:
                return _LISTS[name]
            case ast.List(items):
                return self.inline([self._text(item) for item in items])
        raise self.refusal(node, "is no list that is known")

    def inline(self, codes: list[str]) -> str:
        """The name of a list that is written within an expression."""
        known = {name: its for name, its in self.lists.items() if name.startswith("inline")}
        found = next((name for name, its in known.items() if its == codes), f"inline{len(known) + 1}")
        self.lists[found] = codes
        return found

    def _compare(self, whole: ast.expr, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Logic:
        match left, op, right:
            case _, ast.NotIn(), _:
                return no(self._compare(whole, left, ast.In(), right))
            case ast.Constant(str() as role), ast.In(), ast.Name("ss_matched"):
                return Asks(f"proc any ss@{role}")
            case ast.Constant(str() as code), ast.In(), ast.Attribute(ast.Name("record"), "ssList"):
                return Asks(f"proc any {self.inline([code])}")
            case ast.Subscript(ast.Attribute(ast.Name("record"), name), ast.Constant(0)), ast.In(), _ if name in _ROLES:
                return Asks(f"{_ROLES[name][0]} in {self._list(right)}")
            case ast.Attribute(ast.Name("record"), "leavingType"), ast.In(), ast.List(items):
                return Asks(f"discharge in {{{', '.join(self._text(item) for item in items)}}}")
            case ast.Attribute(ast.Name("record"), "dept"), ast.Eq(), ast.Constant(str() as dept):
                return Asks(f"dept == {dept}")
            case ast.Attribute(ast.Name("record"), name), ast.NotEq(), ast.Constant(None) if name in _NUMBERS:
                return Asks(f"{_NUMBERS[name]} known")
            case ast.Call(ast.Name("len"), [ast.Attribute(ast.Name("record"), name)]), ast.Gt(), ast.Constant(1):
                return SECOND_DX if name == "zdList" else SECOND_PROC
        return self._number(whole, left, op, right)

    def _number(self, whole: ast.expr, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Logic:
        sign = _SIGNS.get(type(op), "")
        if isinstance(left, ast.Constant):
            left, right, sign = right, left, _MIRRORED.get(sign, "")
        if isinstance(left, ast.Call) and ast.unparse(left.func) == "int" and len(left.args) == 1:
            left = left.args[0]
        match left, right:
            case ast.Attribute(ast.Name("record"), name), ast.Constant(int() | float() | str() as value) if (
                sign and name in _NUMBERS and str(value).replace(".", "").isdigit()
            ):
                return Asks(f"{_NUMBERS[name]} {sign} {value}")
        raise self.refusal(whole, "is not understood")
