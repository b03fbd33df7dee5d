"""The expression language (条件表达式) of rule packs, quality rules and indicators: text to a tree, and back.

It only reads and prints. What a name means, and what an expression is worth for a case, is the room's that uses it.

    pdx in zd and (proc any ss@1 or not age_days <= 28)        drug_fee / total_fee * 100 >= min(30, share)

Loosest first: `or`, `and`, `not`, one of `== != < <= > >= in any present known`, `+ -`, `* /`, sign. Names may hold
letters of any script, digits, `_`, `@`; text stands in single quotes, a quote in it is doubled; `{a, 2, 'x'}` is a set.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

LONGEST = 10_000
DEEPEST = 50
LONGEST_NUMBER = 30

COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
RESERVED = ("true", "false", "not", "and", "or", "in", "any", "present", "known")


@dataclass(frozen=True)
class _Node:
    """A part of an expression; `at` is the place of its first character (from 0) and no part of what it says."""

    at: int = field(compare=False, kw_only=True, default=0)


@dataclass(frozen=True)
class Name(_Node):
    """A field, a list, a word."""

    name: str


@dataclass(frozen=True)
class Number(_Node):
    """A number as it was written: 0305 stays 0305."""

    text: str

    @property
    def value(self) -> int | float:
        return float(self.text) if "." in self.text else int(self.text)


@dataclass(frozen=True)
class Text(_Node):
    """A quoted text."""

    text: str


@dataclass(frozen=True)
class Truth(_Node):
    """`true` or `false`."""

    value: bool


@dataclass(frozen=True)
class SetOf(_Node):
    """`{2, 5}`; never empty."""

    items: tuple["Name | Number | Text", ...]


@dataclass(frozen=True)
class Not(_Node):
    """`not x`"""

    operand: "Expr"


@dataclass(frozen=True)
class And(_Node):
    """`a and b and ...`: two or more."""

    operands: tuple["Expr", ...]


@dataclass(frozen=True)
class Or(_Node):
    """`a or b or ...`: two or more."""

    operands: tuple["Expr", ...]


@dataclass(frozen=True)
class Compare(_Node):
    """`left op right`, `op` one of COMPARISONS."""

    op: str
    left: "Expr"
    right: "Expr"


@dataclass(frozen=True)
class Among(_Node):
    """`item in among`: the one is in the list or set."""

    item: "Expr"
    among: "Name | SetOf"


@dataclass(frozen=True)
class Overlap(_Node):
    """`items any among`: at least one of several is in the list or set."""

    items: "Expr"
    among: "Name | SetOf"


@dataclass(frozen=True)
class Has(_Node):
    """`operand present` or `operand known`."""

    operand: "Expr"
    what: str


@dataclass(frozen=True)
class Arithmetic(_Node):
    """`left op right`, `op` one of + - * /."""

    op: str
    left: "Expr"
    right: "Expr"


@dataclass(frozen=True)
class Negative(_Node):
    """`-x`"""

    operand: "Expr"


@dataclass(frozen=True)
class Call(_Node):
    """`name(a, b)`"""

    name: str
    arguments: tuple["Expr", ...]


Atom = Name | Number | Text | Truth | SetOf | Call
Expr = Atom | Not | And | Or | Compare | Among | Overlap | Has | Arithmetic | Negative


class ExprError(ValueError):
    """An expression that cannot be read: `what` is wrong (or was expected) at `at`, counted from 0."""

    def __init__(self, text: str, at: int, what: str) -> None:
        near = text[at : at + 20]
        super().__init__(f"{what} at character {at + 1}, " + (f"near {near!r}" if near else "where the text ends"))
        self.at = at
        self.what = what


def parse(text: str) -> Expr:
    """The tree of an expression; one that is too long, too deep or not of this language raises ExprError."""
    if len(text) > LONGEST:
        raise ExprError(text, LONGEST, f"longer than {LONGEST} characters")
    tree = _Parser(text).whole()
    _check_depth(tree, text)
    return tree


def show(tree: Expr) -> str:
    """The expression as text, with no more parentheses than needed; parsing it gives the same tree."""
    return _show(tree, _LOOSEST)


def children(tree: Expr) -> tuple[Expr, ...]:
    """The parts that a tree is directly made of."""
    match tree:
        case Not(operand) | Negative(operand) | Has(operand, _):
            return (operand,)
        case And(operands) | Or(operands) | Call(_, operands) | SetOf(operands):
            return operands
        case Compare(_, left, right) | Arithmetic(_, left, right) | Among(left, right) | Overlap(left, right):
            return (left, right)
    return ()


def _check_depth(tree: Expr, text: str) -> None:
    """Without recursion, as what it looks for is a tree too deep for that."""
    waiting: list[tuple[Expr, int]] = [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        if depth > DEEPEST:
            raise ExprError(text, node.at, f"nested deeper than {DEEPEST}")
        waiting.extend((child, depth + 1) for child in children(node))


# --- tokens


@dataclass(frozen=True)
class _Token:
    """`kind` is name, number, text, end, or the sign or reserved word itself."""

    kind: str
    text: str
    at: int


_SIGNS = ("==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "(", ")", "{", "}", ",")


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        token = _token(text, at)
        yield token
        at += len(token.text)
    yield _Token("end", "", len(text))


def _token(text: str, at: int) -> _Token:
    first = text[at]
    if first == "'":
        return _Token("text", text[at : _quote_end(text, at)], at)
    if _is_digit(first):
        return _Token("number", text[at : _number_end(text, at)], at)
    if first.isalpha() or first == "_":
        word = text[at : _while(text, at, _in_name)]
        return _Token(word if word in RESERVED else "name", word, at)
    for sign in _SIGNS:
        if text.startswith(sign, at):
            return _Token(sign, sign, at)
    raise ExprError(text, at, "a character that has no meaning here")


def _is_digit(sign: str) -> bool:
    return sign.isascii() and sign.isdigit()


def _in_name(sign: str) -> bool:
    return sign.isalpha() or _is_digit(sign) or sign in "_@"


def _while(text: str, at: int, belongs) -> int:  # type: ignore[no-untyped-def]
    while at < len(text) and belongs(text[at]):
        at += 1
    return at


def _number_end(text: str, at: int) -> int:
    end = _while(text, at, _is_digit)
    if text[end : end + 1] == ".":
        fraction = _while(text, end + 1, _is_digit)
        if fraction == end + 1:
            raise ExprError(text, fraction, "expected digits after the point")
        end = fraction
    if end < len(text) and _in_name(text[end]):
        raise ExprError(text, end, "expected the end of a number")
    if end - at > LONGEST_NUMBER:
        raise ExprError(text, at, f"a number of more than {LONGEST_NUMBER} characters")
    return end


def _quote_end(text: str, at: int) -> int:
    end = at + 1
    while True:
        end = text.find("'", end)
        if end < 0:
            raise ExprError(text, at, "a quote that is never closed")
        if text[end + 1 : end + 2] != "'":
            return end + 1
        end += 2


# --- parser

_LOOSEST, _OR, _AND, _NOT, _RELATION, _SUM, _PRODUCT, _SIGN, _TIGHTEST = range(9)
_POWER = {
    "or": _OR, "and": _AND, **dict.fromkeys((*COMPARISONS, "in", "any", "present", "known"), _RELATION),
    "+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT,
}  # fmt: skip


class _Parser:
    """A Pratt parser: each operator binds with its power, the tightest first."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._tokens = _tokens(text)
        self._next = next(self._tokens)
        self._depth = 0

    def whole(self) -> Expr:
        tree = self._expression(_LOOSEST)
        self._take("end", "an operator or the end")
        return tree

    def _take(self, kind: str, expected: str = "") -> _Token:
        token = self._next
        if token.kind != kind:
            raise ExprError(self.text, token.at, f"expected {expected or kind}")
        if kind != "end":
            self._next = next(self._tokens)
        return token

    def _expression(self, floor: int) -> Expr:
        """An expression whose operators bind tighter than `floor`."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise ExprError(self.text, self._next.at, f"nested deeper than {DEEPEST}")
        left = self._start(floor)
        while _POWER.get(self._next.kind, _LOOSEST) > floor:
            left = self._continued(left)
        self._depth -= 1
        return left

    def _start(self, floor: int) -> Expr:
        token = self._next
        match token.kind:
            case "not" if floor < _NOT:
                self._take("not")
                return Not(self._expression(_NOT - 1), at=token.at)
            case "-" if floor <= _SIGN:
                self._take("-")
                return Negative(self._expression(_SIGN - 1), at=token.at)
            case "(":
                self._take("(")
                inner = self._expression(_LOOSEST)
                self._take(")")
                return inner
            case "true" | "false":
                self._take(token.kind)
                return Truth(token.kind == "true", at=token.at)
            case "{":
                return self._set()
        return self._atom()

    def _atom(self) -> Name | Number | Text | Call:
        token = self._next
        match token.kind:
            case "name":
                self._take("name")
                if self._next.kind == "(":
                    return Call(token.text, self._arguments(), at=token.at)
                return Name(token.text, at=token.at)
            case "number":
                return Number(self._take("number").text, at=token.at)
            case "text":
                return Text(self._take("text").text[1:-1].replace("''", "'"), at=token.at)
        raise ExprError(self.text, token.at, "expected a name, a number, a text or a condition")

    def _arguments(self) -> tuple[Expr, ...]:
        self._take("(")
        found: list[Expr] = []
        while self._next.kind != ")":
            found.append(self._expression(_LOOSEST))
            if self._next.kind != ")":
                self._take(",", "a comma or )")
        self._take(")")
        return tuple(found)

    def _set(self) -> SetOf:
        start = self._take("{")
        items: list[Name | Number | Text] = []
        while not items or self._next.kind == ",":
            if items:
                self._take(",")
            item = self._atom()
            if isinstance(item, Call):
                raise ExprError(self.text, item.at, "expected a name, a number or a text")
            items.append(item)
        self._take("}", "a comma or }")
        return SetOf(tuple(items), at=start.at)

    def _continued(self, left: Expr) -> Expr:
        """`left` with the operator that comes next and what belongs to it."""
        kind = self._next.kind
        match kind:
            case "and":
                return And((left, *self._series(kind)), at=left.at)
            case "or":
                return Or((left, *self._series(kind)), at=left.at)
            case "+" | "-" | "*" | "/":
                self._take(kind)
                return Arithmetic(kind, left, self._expression(_POWER[kind]), at=left.at)
        return self._relation(left, kind)

    def _series(self, word: str) -> list[Expr]:
        found = []
        while self._next.kind == word:
            self._take(word)
            found.append(self._expression(_POWER[word]))
        return found

    def _relation(self, left: Expr, kind: str) -> Expr:
        made: Expr
        self._take(kind)
        match kind:
            case "present" | "known":
                made = Has(left, kind, at=left.at)
            case "in":
                made = Among(left, self._list(), at=left.at)
            case "any":
                made = Overlap(left, self._list(), at=left.at)
            case _:
                made = Compare(kind, left, self._expression(_RELATION), at=left.at)
        if _POWER.get(self._next.kind) == _RELATION:
            raise ExprError(self.text, self._next.at, "expected and, or or the end: a comparison has two sides")
        return made

    def _list(self) -> Name | SetOf:
        if self._next.kind == "{":
            return self._set()
        token = self._take("name", "the name of a list or a set")
        return Name(token.text, at=token.at)


# --- printer


def _show(tree: Expr, floor: int) -> str:
    power, text = _plain(tree)
    return text if power > floor else f"({text})"


def _plain(tree: Expr) -> tuple[int, str]:
    """How tightly a tree binds, and its text without parentheses around it."""
    match tree:
        case Or(operands):
            return _OR, " or ".join(_show(operand, _OR) for operand in operands)
        case And(operands):
            return _AND, " and ".join(_show(operand, _AND) for operand in operands)
        case Not(operand):
            return _NOT, f"not {_show(operand, _NOT - 1)}"
        case Negative(operand):
            return _SIGN, f"-{_show(operand, _SIGN - 1)}"
        case Arithmetic(op, left, right):
            power = _POWER[op]
            return power, f"{_show(left, power - 1)} {op} {_show(right, power)}"
    return _relation(tree)


def _relation(tree: Expr) -> tuple[int, str]:
    match tree:
        case Compare(op, left, right):
            return _RELATION, f"{_show(left, _RELATION)} {op} {_show(right, _RELATION)}"
        case Among(item, among):
            return _RELATION, f"{_show(item, _RELATION)} in {_atom(among)}"
        case Overlap(items, among):
            return _RELATION, f"{_show(items, _RELATION)} any {_atom(among)}"
        case Has(operand, what):
            return _RELATION, f"{_show(operand, _RELATION)} {what}"
    return _TIGHTEST, _atom(tree)


def _atom(tree: Expr) -> str:
    match tree:
        case Name(name):
            return name
        case Number(text):
            return text
        case Text(text):
            return "'" + text.replace("'", "''") + "'"
        case Truth(value):
            return "true" if value else "false"
        case SetOf(items):
            return "{" + ", ".join(_atom(item) for item in items) + "}"
        case Call(name, arguments):
            return f"{name}({', '.join(_show(each, _LOOSEST) for each in arguments)})"
    raise TypeError(tree)
