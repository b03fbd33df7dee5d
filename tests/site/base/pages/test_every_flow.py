"""Every flow that is declared has its list, its file and its forms, in both languages, with no page of its own."""

import pytest

from yiheng.site.base.flow.registry import flows
from yiheng.site.base.pages.menu import beginnings, reachable
from yiheng.site.base.places.models import Post
from yiheng.site.base.places.roles import known_roles

from ..town import START, Town
from .conftest import Enter


# Somebody with every role at once asks more of the database than anybody does; in Chinese the matrix asks the same.
@pytest.mark.parametrize(
    "language", [pytest.param("zh-hans", marks=pytest.mark.soak), pytest.param("en", marks=pytest.mark.slow)]
)
def test_every_flow_is_shown(town: Town, enter: Enter, language: str) -> None:
    for code, role in known_roles().items():
        place = town.city if "region" in role.held_at else town.east
        if code not in ("administrator", "security", "auditor"):
            Post.objects.create(person=town.people["out"], role=code, place=place, start=START)
    client, actor = enter("out", language), town.actor("out")
    assert {flow.code for flow in reachable(actor)} == set(flows())
    for flow in flows().values():
        wanted = ["", "export.csv", "export.xlsx", *(f"new/{step.name}/" for step in beginnings(flow, actor))]
        if flow.counted_by:
            wanted.append("statistics/")
        answers = {where: client.get(f"/flows/{flow.code}/{where}").status_code for where in wanted}
        assert answers == dict.fromkeys(wanted, 200), flow.code
