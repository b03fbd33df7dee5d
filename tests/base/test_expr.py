"""base.expr: what the expression language reads, refuses and prints."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiheng.base.expr import (
    COMPARISONS,
    DEEPEST,
    LONGEST,
    RESERVED,
    Among,
    And,
    Arithmetic,
    Call,
    Compare,
    Expr,
    ExprError,
    Has,
    Name,
    Negative,
    Not,
    Number,
    Or,
    Overlap,
    SetOf,
    Text,
    Truth,
    children,
    parse,
    show,
)

A, B, C = Name("a"), Name("b"), Name("c")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("true", Truth(True)),
        ("false", Truth(False)),
        ("pdx in zd", Among(Name("pdx"), Name("zd"))),
        ("sdx any zd1", Overlap(Name("sdx"), Name("zd1"))),
        ("proc any ss@1", Overlap(Name("proc"), Name("ss@1"))),
        ("dx any MDC", Overlap(Name("dx"), Name("MDC"))),
        ("proc present", Has(Name("proc"), "present")),
        ("icu_hours known", Has(Name("icu_hours"), "known")),
        ("mcc", Name("mcc")),
        ("age_days <= 28", Compare("<=", Name("age_days"), Number("28"))),
        ("dept == ICU", Compare("==", Name("dept"), Name("ICU"))),
        ("dept == 重症医学科", Compare("==", Name("dept"), Name("重症医学科"))),
        ("dept == 0305", Compare("==", Name("dept"), Number("0305"))),
        ("discharge in {2,5}", Among(Name("discharge"), SetOf((Number("2"), Number("5"))))),
        ("sites >= 2", Compare(">=", Name("sites"), Number("2"))),
        ("a in {'x', y, 1.5}", Among(A, SetOf((Text("x"), Name("y"), Number("1.5"))))),
        ("not a == b", Not(Compare("==", A, B))),
        ("not a and b", And((Not(A), B))),
        ("a or b and c", Or((A, And((B, C))))),
        ("(a or b) and c", And((Or((A, B)), C))),
        ("a and b and c", And((A, B, C))),
        ("a and (b and c)", And((A, And((B, C))))),
        ("a - b - c", Arithmetic("-", Arithmetic("-", A, B), C)),
        ("a - (b - c)", Arithmetic("-", A, Arithmetic("-", B, C))),
        ("a + b * c", Arithmetic("+", A, Arithmetic("*", B, C))),
        ("-a * b", Arithmetic("*", Negative(A), B)),
        ("a != 'it''s'", Compare("!=", A, Text("it's"))),
        ("min(a, b + 1)", Call("min", (A, Arithmetic("+", B, Number("1"))))),
        ("now()", Call("now", ())),
        ("\n a\t<\u3000b ", Compare("<", A, B)),
    ],
)
def test_reads(text: str, tree: Expr) -> None:
    assert parse(text) == tree


def test_a_part_knows_its_place() -> None:
    tree = parse("a and not  bb in {1, 'x'}")
    assert isinstance(tree, And)
    negated = tree.operands[1]
    assert negated.at == 6
    (among,) = children(negated)
    assert [among.at, *(part.at for part in children(among))] == [11, 11, 17]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "expected a name, a number, a text or a condition at character 1, where the text ends"),
        ("a and", "expected a name, a number, a text or a condition at character 6, where the text ends"),
        ("a b", "expected an operator or the end at character 3, near 'b'"),
        ("(a", "expected ) at character 3, where the text ends"),
        ("a < b < c", "expected and, or or the end: a comparison has two sides at character 7, near '< c'"),
        ("a known present", "expected and, or or the end: a comparison has two sides at character 9, near 'present'"),
        ("a in 3", "expected the name of a list or a set at character 6, near '3'"),
        ("a in {}", "expected a name, a number, a text or a condition at character 7, near '}'"),
        ("a in {f(b)}", "expected a name, a number or a text at character 7, near 'f(b)}'"),
        ("a in {1;2}", "a character that has no meaning here at character 8, near ';2}'"),
        ("a in {1 2}", "expected a comma or } at character 9, near '2}'"),
        ("f(a", "expected a comma or ) at character 4, where the text ends"),
        ("f(a,,b)", "expected a name, a number, a text or a condition at character 5, near ',b)'"),
        ("a == 'x", 'a quote that is never closed at character 6, near "\'x"'),
        ("a == 1.", "expected digits after the point at character 8, where the text ends"),
        ("a == 1b", "expected the end of a number at character 7, near 'b'"),
        ("a = 1", "a character that has no meaning here at character 3, near '= 1'"),
        ("1 + not a", "expected a name, a number, a text or a condition at character 5, near 'not a'"),
        ("true in", "expected the name of a list or a set at character 8, where the text ends"),
        ("a == " + "1" * 31, f"a number of more than 30 characters at character 6, near '{'1' * 20}'"),
    ],
)
def test_refuses(text: str, line: str) -> None:
    with pytest.raises(ExprError) as caught:
        parse(text)
    assert str(caught.value) == line


@pytest.mark.parametrize("text", ["(" * 5000, "not " * 2000, "-" * 5000, "+".join("a" * 3000), "f(" * 3000])
def test_depth_has_a_limit(text: str) -> None:
    with pytest.raises(ExprError, match=f"nested deeper than {DEEPEST}"):
        parse(text)


def test_a_chain_in_each_parenthesis_is_deep_too() -> None:
    text = "a"
    for _ in range(20):
        text = f"({text}){'+a' * 10}"
    with pytest.raises(ExprError, match="nested deeper"):
        parse(text)


def test_length_has_a_limit_but_not_the_number_of_alternatives() -> None:
    assert len(children(parse(" or ".join(["a"] * 1500)))) == 1500
    with pytest.raises(ExprError, match=f"longer than {LONGEST} characters"):
        parse(" " * LONGEST + "a")


_names = st.from_regex(r"[A-Za-z_医][A-Za-z0-9_@]{0,5}", fullmatch=True).filter(lambda name: name not in RESERVED)
_name = _names.map(Name)
_number = st.from_regex(r"[0-9]{1,4}(\.[0-9]{1,2})?", fullmatch=True).map(Number)
_text = st.text(max_size=4).map(Text)
_set = st.lists(_name | _number | _text, min_size=1, max_size=3).map(lambda items: SetOf(tuple(items)))


def _bigger(part: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    several = st.lists(part, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        st.builds(Not, part), st.builds(And, several), st.builds(Or, several),
        st.builds(Compare, st.sampled_from(COMPARISONS), part, part),
        st.builds(Among, part, _name | _set), st.builds(Overlap, part, _name | _set),
        st.builds(Has, part, st.sampled_from(["present", "known"])),
        st.builds(Arithmetic, st.sampled_from("+-*/"), part, part), st.builds(Negative, part),
        st.builds(Call, _names, st.lists(part, max_size=2).map(tuple)),
    )  # fmt: skip


_trees = st.recursive(_name | _number | _text | _set | st.booleans().map(Truth), _bigger, max_leaves=12)


@pytest.mark.property
@given(_trees)
def test_what_is_printed_reads_as_the_same_tree(tree: Expr) -> None:
    assert parse(show(tree)) == tree


@pytest.mark.property
@given(st.text(alphabet="ab @_'1.{},()<=!+-*/ 医\u0301 notandriypeskw", max_size=40))
def test_any_text_is_read_or_refused_and_nothing_else(text: str) -> None:
    try:
        tree = parse(text)
    except ExprError:
        return
    assert parse(show(tree)) == tree
