"""The tables that services publish as a page (业务数据表): the columns of each flow's items and acts."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from permissions_page import set_up

if TYPE_CHECKING:
    from yiheng.tables.contract import Contract

Table = Callable[[Sequence[str], Iterable[Sequence[object]]], str]
_START = """# Tables of services 业务数据表

`yiheng site tables` publishes what people did on the site as one run of DATA, `results/services/<run>/`: for each flow
`<flow>_items.parquet` and `<flow>_acts.parquet`, all of one moment, which `run.json` names (`parameters.as_of`).

Not in them: people, files, what is tagged or sealed in the flow, and free text but for what the flow's own list shows
or is searched by. A patient is there by the pseudonym that the table [cases](tables.md#cases) has, and null where the
field holds anything else. Places are codes, sums are whole fen, times are those of the site's zone. Unknown is null,
never 0 or empty.
"""


def services_page(table: Table) -> str:
    """The columns of acts, which all flows have alike, and of each flow's items."""
    set_up()
    from yiheng.site.base.flow.registry import flows
    from yiheng.site.base.flow.tables import acts_contract, items_contract

    own = [flow for flow in flows().values() if flow.model.__module__.startswith("yiheng.site.")]
    acts = f"\n## Acts\n\nOf every flow, `<flow>_acts`:\n\n{_columns(acts_contract(own[0]), table)}"
    items = (
        f"\n## {flow.code}\n\n{flow.word.zh} · {flow.word.en}, `{flow.code}_items`:\n\n"
        f"{_columns(items_contract(flow), table)}"
        for flow in own
    )
    return _START + acts + "".join(items)


def _columns(its: "Contract", table: Table) -> str:
    head = ("name", "type", "中文", "English", "note")
    return table(head, ((f"`{each.name}`", each.type, each.zh, each.en, each.note) for each in its.columns))
