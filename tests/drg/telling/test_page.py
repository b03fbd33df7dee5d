"""drg.telling: page, wording: a group as a page in two languages, and conditions in words."""

from collections.abc import Callable
from pathlib import Path

import pytest

from yiheng.base.refusal import Refusal
from yiheng.drg.condition import Scope, condition
from yiheng.drg.packs.opening import open_pack
from yiheng.drg.telling.page import group_codes, page
from yiheng.drg.telling.wording import in_words, in_words_with_owners


@pytest.fixture
def folder(folder_of: Callable[..., Path]) -> Path:
    folder = folder_of()
    toml = (
        'id = "city"\nedition = "2"\nissuer = "office"\nfrom = 2024-01-01\nchecked_until = 2024-06-30\n'
        '[[documents]]\ntitle = "Rules"\narticle = "Annex 1"\n'
    )
    (folder / "pack.toml").write_text(toml, encoding="utf-8")
    (folder / "weights.csv").write_text("drg,weight\nBB11,2.50\n", encoding="utf-8")
    return folder


def test_a_page_in_english(folder: Path) -> None:
    pack = open_pack(str(folder))
    assert list(page(pack, "BB11", "en")) == [
        "# BB11 operated with MCC",
        "",
        "Major category: B Nerves",
        "Gate: the principal diagnosis is in the category's list `pdx in MDC` (mdc.csv row 1)",
        "",
        "Lists:",
        "",
        "- MDCB MDC (2 codes)",
        "",
        "## Rule BB1 (adrg.csv row 1)",
        "",
        "Condition: the principal procedure is in list ss `pproc in ss`",
        "",
        "Lists:",
        "",
        "- BB1 ss (1 codes): 01.1 operation",
        "",
        "Splits, tried in order:",
        "",
        "- **BB11 operated with MCC**: a MCC counts `mcc`, weight 2.50 (drg.csv row 1)",
        "- BB13 operated with CC: a CC counts `cc` (drg.csv row 2)",
        "- BB15 operated: any case `true` (drg.csv row 3)",
        "- If none matches: given out: BB1",
        "",
        "## Source",
        "",
        "city 2 office",
        "- Rules, Annex 1",
        "- 2024-01-01 .. ",
        "- checked until 2024-06-30",
        f"- {pack.digest}",
    ]


def test_a_page_in_chinese(folder: Path) -> None:
    lines = list(page(open_pack(str(folder)), "BB1", "zh"))
    assert "入口条件: 主要诊断属于本大类诊断表 `pdx in MDC` (mdc.csv 第 1 行)" in lines
    assert "- BB11 operated with MCC: 有计入的 MCC `mcc`, 权重 2.50 (drg.csv 第 1 行)" in lines


def test_every_code_is_named_only_when_asked(folder_of: Callable[..., Path]) -> None:
    lists = ["BB1,ss,01.1", "CR1,zd,C01", *(f"BR1,zd,Q{place:02}" for place in range(12))]
    pack = open_pack(str(folder_of(adrg_list=lists)))
    (some,) = [line for line in page(pack, "BR19", "en") if line.startswith("- BR1 zd")]
    (every,) = [line for line in page(pack, "BR19", "en", all_codes=True) if line.startswith("- BR1 zd")]
    assert some.endswith("Q08; Q09; and more: 2")
    assert every.endswith("Q10; Q11")


def test_a_group_that_is_not_there(folder: Path) -> None:
    pack = open_pack(str(folder))
    assert group_codes(pack) == ["BB1", "BB11", "BB13", "BB15", "BR1", "BR19", "CR1", "CR19"]
    with pytest.raises(Refusal, match=r"value BB12: city has no such group -> BB1\?"):
        page(pack, "BB12", "en")


@pytest.mark.parametrize(
    ("logic", "zh", "en"),
    [
        ("dx any MDC and not pproc in SS_VALID", "任一诊断属于本大类诊断表 且 并非 (主要手术操作属于有效手术表)",
         "any diagnosis is in the category's list and not (the principal procedure is in the valid operations)"),
        ("(mcc or cc) and age >= 60", "(有计入的 MCC 或 有计入的 CC) 且 年龄(岁) ≥ 60",
         "(a MCC counts or a CC counts) and age in years ≥ 60"),
        ("discharge in {2, 5}", "离院方式 ∈ {2, 5}", "way of leaving ∈ {2, 5}"),
        ("dept != ICU", "出院科室 ∉ {ICU}", "department ∉ {ICU}"),
        ("weight_g present", "体重(克)已填且不为 0", "weight in grams is given and not 0"),
        ("los known", "住院天数已填", "days of stay is given"),
        ("proc present", "有手术操作", "there is a procedure"),
        ("sites >= 2", "创伤部位数 ≥ 2", "number of injured regions ≥ 2"),
        ("false", "从不", "never"),
    ],
)  # fmt: skip
def test_conditions_in_words(logic: str, zh: str, en: str) -> None:
    its = condition(logic, Scope("BB1", "B"))
    assert (in_words(its, "zh"), in_words(its, "en")) == (zh, en)


def test_a_list_is_said_with_whose_it_is() -> None:
    its = condition("pdx in MDC and pproc in ss and not proc any SS_VALID", Scope("BB1", "B"))
    assert in_words_with_owners(its, "zh") == (
        "主要诊断属于 MDC B 的诊断表 且 主要手术操作属于 BB1 的表 ss 且 并非 (任一手术操作属于有效手术表)"
    )
    assert in_words_with_owners(its, "en") == (
        "the principal diagnosis is in the list of MDC B and the principal procedure is in list ss of BB1 and"
        " not (any procedure is in the valid operations)"
    )
