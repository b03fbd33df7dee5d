"""Groups and their members (集团与成员): which institutions belong together, from when until when.

An administrator at the lead or above it founds a group; who joins or leaves is decided at or above both. Each is one
transaction with its audit entry; a refusal changes nothing and is kept.
"""

import re
from datetime import date, datetime

from django.db import IntegrityError, transaction

from yiheng.site.base.audit.chain import write
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.identity import demand_none
from yiheng.site.base.places.models import Group, Membership, Place
from yiheng.site.base.places.roles import INSTITUTION
from yiheng.site.base.places.standing import Actor
from yiheng.site.base.posts.actions import (
    NotGranted,
    demand_administrator,
    demand_days,
    end_row,
    granting,
    overlapping,
)

_LONGEST = Group._meta.get_field("name").max_length or 0
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def found_group(actor: Actor, code: str, name: str, lead: Place, start: date, now: datetime) -> Group:
    """Make a group of institutions, led by one of them, its member from `start` on. Raises NotGranted."""
    with granting(actor, "group.found", Of("group", code), now):
        demand_administrator(actor, lead)
        if lead.kind != INSTITUTION:
            raise NotGranted.said("member_kind", "牵头单位须为机构", "the lead of a group is an institution")
        if not _CODE.fullmatch(code):
            raise NotGranted.said(
                "code", "代码限字母、数字、点、横线、下划线", "a code has letters, digits, dots, hyphens, underscores"
            )
        if not (name.strip() and name.isprintable() and len(name) <= _LONGEST):
            raise NotGranted.said("name", f"请填写名称，不超过{_LONGEST}字", f"a name has 1 to {_LONGEST} characters")
        demand_none(code, name)
        demand_days(start, None, now)
        group = _made(code, name.strip(), lead)
        Membership.objects.create(group=group, place=lead, start=start)
        write(actor.own, "group.found", Of("group", code), now, name=group.name, lead=lead.code, start=str(start))
    return group


def join(actor: Actor, group: Group, place: Place, start: date, end: date | None, now: datetime) -> Membership:
    """Make an institution a member of a group, by an administrator at or above both it and the group's lead."""
    of = Of("group", group.code)
    with granting(actor, "group.join", of, now):
        demand_administrator(actor, place)
        demand_administrator(actor, group.lead)
        demand_days(start, end, now)
        Group.objects.select_for_update().get(pk=group.pk)
        if place.kind != INSTITUTION:
            raise NotGranted.said("member_kind", "集团成员须为机构", "a member of a group is an institution")
        if overlapping(Membership.objects.filter(group=group, place=place), start, end).exists():
            raise NotGranted.said("held", "该机构在此期间已是成员", "it is a member in that time already")
        member = Membership.objects.create(group=group, place=place, start=start, end=end)
        write(actor.own, "group.join", of, now, place=place.code, start=str(start), end=str(end or ""))
    return member


def leave(actor: Actor, member: Membership, end: date, now: datetime) -> None:
    """End a membership with the day before `end`. Raises NotGranted."""
    of = Of("group", member.group.code)
    with granting(actor, "group.leave", of, now):
        demand_administrator(actor, member.place)
        demand_administrator(actor, member.group.lead)
        end_row(Membership.objects.filter(pk=member.pk), member, end, now)
        write(actor.own, "group.leave", of, now, place=member.place.code, end=str(end))


def _made(code: str, name: str, lead: Place) -> Group:
    """A new group; its code may have been taken at the same moment."""
    try:
        with transaction.atomic():
            return Group.objects.create(code=code, name=name, lead=lead)
    except IntegrityError:
        raise NotGranted.said("held", "该代码已属于另一集团", "the code is another group's") from None
