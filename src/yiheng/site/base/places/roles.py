"""Roles (角色): what a post may be, as the two documents name them; services add their own.

A role says nothing about rights by itself: parties of an item name roles at a place of that item.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured

from yiheng.base.words import Word


@dataclass(frozen=True)
class Role:
    """One kind of post: its code, its name, and the kinds of places it is held at."""

    code: str
    word: Word
    held_at: tuple[str, ...]


REGION, INSTITUTION, DEPARTMENT = "region", "institution", "department"
_roles: dict[str, Role] = {}
_apart: set[frozenset[str]] = set()


def role(code: str, zh: str, en: str, *held_at: str) -> Role:
    """Declare a role; the same code twice with another meaning is a fault of the declaration."""
    its = Role(code, Word(zh, en), held_at)
    if _roles.setdefault(code, its) != its:
        raise ImproperlyConfigured(f"role {code} is declared twice")
    return its


def never_both(*roles: Role) -> None:
    """No person holds two of these at once (不相容岗位)."""
    _apart.update(frozenset((one.code, other.code)) for one in roles for other in roles if one != other)


def known_roles() -> dict[str, Role]:
    """All declared roles by code."""
    return dict(_roles)


def clash(codes: Iterable[str]) -> frozenset[str] | None:
    """Two roles among these that nobody may hold together; None where there are none."""
    held = set(codes)
    return min((pair for pair in _apart if pair <= held), key=sorted, default=None)


COMMISSION = role("commission", "卫生健康部门", "health commission", REGION)
INSURANCE = role("insurance", "医疗保障部门", "insurance bureau", REGION)
FINANCE_BUREAU = role("finance_bureau", "财政部门", "finance bureau", REGION)
PERSONNEL = role("personnel", "人力资源社会保障部门", "personnel bureau", REGION)
COUNTY_GROUP = role("county_group", "县域医共体", "county group", REGION, INSTITUTION)
LEADER = role("leader", "医院领导", "hospital leader", INSTITUTION)
FINANCE = role("finance", "医院财务部门", "hospital finance office", INSTITUTION)
OPERATIONS = role("operations", "运营管理部门", "operations office", INSTITUTION)
CODER = role("coder", "病案编码员", "coder", INSTITUTION)
HEAD = role("head", "科室主任", "department head", DEPARTMENT)
DOCTOR = role("doctor", "医师", "doctor", INSTITUTION, DEPARTMENT)
AUDITOR = role("auditor", "审计管理员", "auditor", REGION, INSTITUTION)
SECURITY = role("security", "安全管理员", "security officer", REGION, INSTITUTION)
ADMINISTRATOR = role("administrator", "系统管理员", "administrator", REGION, INSTITUTION)

# Whoever grants does not audit, whoever runs the system does neither (三员分立).
never_both(AUDITOR, SECURITY, ADMINISTRATOR)
