"""Where values come from, for the values of every policy file."""

from datetime import date
from importlib.resources import files

import pytest

from yiheng.base.words import glossary
from yiheng.policy.loader import Dated, scheme, scheme_ids
from yiheng.reports.origins import origin, shown_value

DAY = date(2025, 1, 1)


def dated(value: object, document: str = "", article: str = "", choice: str = "") -> Dated:
    return Dated(DAY, value, document, article, choice, None, "")


@pytest.mark.parametrize("scheme_id", scheme_ids())
def test_every_value_says_where_it_comes_from(scheme_id: str) -> None:
    said = [origin(value) for parameter in scheme(scheme_id).parameters.values() for value in parameter.values]
    assert [text for text in said if not text.strip()] == []


def test_who_may_choose_has_a_word_in_every_policy_file() -> None:
    texts = [path.read_text(encoding="utf-8") for path in files("yiheng.policy").rglob("*.yaml")]  # type: ignore[attr-defined]
    lines = [line.split("#")[0].strip() for text in texts for line in text.splitlines()]
    chosen = {line.removeprefix("choice:").strip() for line in lines if line.startswith("choice:")}
    assert {"city", "pack", "practice", "project", "region"} <= chosen
    assert [name for name in sorted(chosen) if f"choice_{name}" not in glossary()] == []


def test_a_document_goes_before_whose_choice_it_is() -> None:
    assert origin(dated(1, "国医保发〔2020〕1号", "第三条", "city")) == "国医保发〔2020〕1号 第三条"
    assert origin(dated(1, choice="region")) == "由地区自行确定 the region's choice"


def test_a_list_is_shown_member_by_member() -> None:
    assert [shown_value(dated(value)) for value in (["a", 2], [], 0.5)] == ["a, 2", "", "0.5"]
