"""A site founded from sheets: all rows or none, each wrong one named."""

from datetime import date
from pathlib import Path

import pytest

from yiheng.site.base.accounts.models import Person
from yiheng.site.base.audit.models import Entry
from yiheng.site.base.places.models import Place, Post
from yiheng.site.base.places.standing import Actor, Held, actor_of
from yiheng.site.base.posts.actions import NotGranted
from yiheng.site.base.posts.founding import found, take_people, take_places
from yiheng.site.base.refused import BadSheet

from ..town import DAY, NOW

HEAD = "代码,名称,类别,上级代码,起,止\n"
TREE = HEAD + "H-1,一科,科室,H,2025-01-01,\nH,市医院,机构,1406,2025-01-01,\n1402,县,region,1406,2025-01-01,\n"
WHO = "登录名,姓名,角色,机构代码,起,止\n"


def sheet(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "sheet.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.fixture
def root(db: None) -> Actor:  # noqa: ARG001 (the tables)
    found("1406", "市", "root", NOW, date(2025, 1, 1))
    return actor_of(Person.objects.get(username="root").pk, DAY)


def test_the_first_administrator_changes_the_password(root: Actor) -> None:
    person = Person.objects.get()
    assert (person.must_change, root.own.posts) == (True, (Held("administrator", "/1406/"),))
    with pytest.raises(NotGranted):
        found("1406", "市", "second", NOW, date(2025, 1, 1))
    assert Person.objects.count() == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_tree_in_any_order(root: Actor, tmp_path: Path, encoding: str) -> None:  # noqa: ARG001
    assert take_places(sheet(tmp_path, TREE, encoding), NOW) == 3
    paths = {place.code: (place.path, place.kind) for place in Place.objects.exclude(code="1406")}
    assert paths == {
        "H-1": ("/1406/H/H-1/", "department"),
        "H": ("/1406/H/", "institution"),
        "1402": ("/1406/1402/", "region"),
    }
    assert Entry.objects.filter(action="places.take").count() == 1
    again = TREE.replace("市医院", "市第一医院").replace(
        "H-1,一科,科室,H,2025-01-01,", "H-1,一科,科室,H,2025-01-01,2026-01-01"
    )
    assert take_places(sheet(tmp_path, again), NOW) == 3
    assert Place.objects.get(code="H").name == "市第一医院"
    assert Place.objects.get(code="H-1").end == date(2026, 1, 1)


def test_each_wrong_row_has_its_line_and_nothing_is_taken(root: Actor, tmp_path: Path) -> None:  # noqa: ARG001
    take_places(sheet(tmp_path, TREE), NOW)
    before = list(Place.objects.order_by("pk").values())
    wrong = (
        "X,新院,机构,1406,2025-01-01,\nA,甲,医馆,1406,2025-01-01,\nB,乙,机构,999,2025-01-01,\nC,丙,机构,1406,2025-02-30,\n"
        "D,丁,机构,1406,2025-01-01,2024-01-01\nE/1,戊,机构,1406,2025-01-01,\nH,市医院,机构,1402,2025-01-01,\n"
    )
    with pytest.raises(BadSheet) as bad:
        take_places(sheet(tmp_path, HEAD + wrong), NOW)
    assert [(line.row, line.column, line.value) for line in bad.value.lines] == [
        (2, "类别", "医馆"),
        (3, "上级代码", "999"),
        (4, "起", "2025-02-30"),
        (5, "止", "2024-01-01"),
        (6, "代码", "E/1"),
        (7, "代码", "H"),
    ]
    assert list(Place.objects.order_by("pk").values()) == before


@pytest.mark.parametrize(
    "text", ["", HEAD, "代码,名称\nX,x\n", HEAD.replace("止", "终止") + "X,x,机构,1406,2025-01-01,\n"]
)
def test_what_is_no_sheet_is_refused(root: Actor, tmp_path: Path, text: str) -> None:  # noqa: ARG001
    with pytest.raises(BadSheet) as bad:
        take_places(sheet(tmp_path, text), NOW)
    assert (len(bad.value.lines), Place.objects.count()) == (1, 1)


def test_people_come_with_their_posts(root: Actor, tmp_path: Path) -> None:
    take_places(sheet(tmp_path, TREE), NOW)
    rows = (
        "wang,王医师,医师,H-1,2026-04-01,\nwang,王医师,head,H-1,2026-04-01,2027-01-01\n"
        "li,李主任,医院领导,H,2026-04-01,\n"
    )
    made = take_people(root, sheet(tmp_path, WHO + rows), NOW)
    assert sorted(made) == ["li", "wang"]
    wang = Person.objects.get(username="wang")
    assert (wang.name, wang.must_change, wang.check_password(made["wang"])) == ("王医师", True, True)
    assert set(Post.objects.filter(person=wang).values_list("role", "place__code")) == {
        ("doctor", "H-1"),
        ("head", "H-1"),
    }


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ("wang,王,院士,H,2026-04-01,", ("角色", "院士")),
        ("wang,王,医师,N,2026-04-01,", ("机构代码", "N")),
        (",王,医师,H,2026-04-01,", ("登录名", "")),
        ("root,王,医师,H,2026-04-01,", ("登录名", "root")),
        ("wang,王,health commission,H,2026-04-01,", ("", "")),
        ("li,李,auditor,H,2026-04-01,\nli,李,security,H,2026-04-01,", ("", "")),
    ],
)
def test_a_wrong_person_is_named_and_nobody_comes_in(
    root: Actor, tmp_path: Path, row: str, line: tuple[str, str]
) -> None:
    take_places(sheet(tmp_path, TREE), NOW)
    with pytest.raises(BadSheet) as bad:
        take_people(root, sheet(tmp_path, f"{WHO}zhao,赵,医师,H,2026-04-01,\n{row}\n"), NOW)
    ((found_line),) = bad.value.lines
    assert (found_line.column, found_line.value) == line
    assert [person.username for person in Person.objects.all()] == ["root"]


def test_an_administrator_takes_places_of_the_own_tree_alone(root: Actor, tmp_path: Path) -> None:
    take_places(sheet(tmp_path, TREE), NOW)
    take_people(root, sheet(tmp_path, WHO + "adm,管,administrator,H,2026-04-01,\n"), NOW)
    adm = actor_of(Person.objects.get(username="adm").pk, date(2026, 4, 1))
    assert take_places(sheet(tmp_path, HEAD + "H-2,二科,科室,H,2026-04-01,\n"), NOW, adm, "科室.csv") == 1
    before = list(Place.objects.order_by("pk").values())
    wrong = "X,新院,机构,1406,2026-01-01,\nR,新区,区域,,2026-01-01,\n1406,改名,区域,,2026-01-01,\n"
    with pytest.raises(BadSheet) as bad:
        take_places(sheet(tmp_path, f"{HEAD}{wrong}H-3,三科,科室,H,2026-04-01,\n"), NOW, adm, "机构.csv")
    assert [(line.file, line.row) for line in bad.value.lines] == [("机构.csv", row) for row in (1, 2, 3)]
    assert bad.value.rows[1]["name"] == "新院"
    assert list(Place.objects.order_by("pk").values()) == before


@pytest.mark.parametrize("row", ["R,区,区域,H,2025-01-01,", "O,院,机构,H-1,2025-01-01,", "D,科,科室,1406,2025-01-01,"])
def test_a_kind_that_does_not_lie_there(root: Actor, tmp_path: Path, row: str) -> None:  # noqa: ARG001
    take_places(sheet(tmp_path, TREE), NOW)
    with pytest.raises(BadSheet) as bad:
        take_places(sheet(tmp_path, f"{HEAD}{row}\n"), NOW)
    assert [line.column for line in bad.value.lines] == ["类别"]


def test_a_sheet_that_was_given_back_is_read(root: Actor, tmp_path: Path) -> None:  # noqa: ARG001
    again = HEAD.replace("止\n", "止,问题\n") + "H,市医院,机构,1406,2025-01-01,,类别：不是机构类别\n"
    assert take_places(sheet(tmp_path, again), NOW) == 1
    assert Place.objects.get(code="H").name == "市医院"
