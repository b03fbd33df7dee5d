"""The generated page on rule packs names every table, column, key, switch and check."""

import make_docs
from yiheng.drg.packs.schema import forms, keys
from yiheng.drg.packs.severities import checks
from yiheng.drg.packs.switches import DEFAULTS
from yiheng.policy.loader import scheme


def test_everything_a_pack_may_hold_is_on_the_page() -> None:
    page = make_docs.packs_page()
    for form in forms().values():
        section = page.split(f"\n### {form.file}\n")[1].split("\n### ")[0]
        assert all(f"| `{column.name}` |" in section for column in form.columns)
        assert all(f"| `{name}` | key |" in section for name in form.key)
    for name in (*keys(), *scheme(DEFAULTS).parameters, *checks()):
        assert f"| `{name}` |" in page
    assert "| `empty_list` | error |" in page
