"""Reading a register (查询登记): the rows that hold on a day."""

from datetime import date
from typing import Any, TypeVar

from django.db.models import QuerySet

from yiheng.site.base.register.models import RegisterRow, RowState

Row = TypeVar("Row", bound=RegisterRow)


def as_of(register: type[Row], day: date) -> "QuerySet[Row]":
    """Everything that holds on `day`: at most one row a key."""
    return register.objects.filter(register.on(day), state=RowState.HOLDS)


def row_of(register: type[Row], day: date, **key: Any) -> Row | None:
    """The row of a key that holds on `day`."""
    if set(key) != set(register.KEY):
        raise TypeError(f"the key of {register.__name__} is {', '.join(register.KEY)}")
    return as_of(register, day).filter(**key).first()


def waiting(register: type[Row]) -> "QuerySet[Row]":
    """The rows that wait for a second person: drafts, and endings."""
    drafts = register.objects.filter(state=RowState.DRAFT)
    return (drafts | register.objects.filter(state=RowState.HOLDS, ending__isnull=False)).order_by("pk")


def history(register: type[Row], **key: Any) -> "QuerySet[Row]":
    """Every row of a key that ever was, in the order in which they came."""
    return register.objects.filter(**key).order_by("pk")
