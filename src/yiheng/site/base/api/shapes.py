"""What the API takes and gives (接口数据)."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from ninja import Schema
from pydantic import AfterValidator, Field

BIGGEST_PAGE = 100
_LONGEST = 20_000


def whole(text: str) -> str:
    """A text that can be written down: no half signs, no zero sign."""
    if "\x00" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise ValueError("has signs that are no text")
    return text


Text = Annotated[str, Field(max_length=_LONGEST), AfterValidator(whole)]
Value = bool | int | float | Text | None
Key = Annotated[int, Field(ge=1, le=2**63 - 1)]


class Problem(Schema):
    """What went wrong, in both languages; `fields`: field -> lines, in the language of `Accept-Language`."""

    code: str
    zh: str
    en: str
    fields: dict[str, list[str]] = {}


class StepOut(Schema):
    """A step and whether the asker may take it; `why` says why not."""

    step: str
    zh: str
    en: str
    allowed: bool = True
    why: str | None = None


class FlowOut(Schema):
    """A flow that the asker reaches, and the steps by which the asker may begin an item."""

    code: str
    zh: str
    en: str
    states: dict[str, list[str]]
    begin: list[StepOut]


class RowOut(Schema):
    """An item of a list: only columns that the asker sees have a value; sums are in fen."""

    id: int
    whole: bool
    fields: dict[str, Any]


class PageOut(Schema):
    """One page of what was asked for: `count` lines were counted; `more`: there are others that were not."""

    count: int
    more: bool
    page: int
    size: int


class RowsOut(PageOut):
    """One page of a list."""

    items: list[RowOut]


class ActOut(Schema):
    """One act of the history."""

    step: str
    at: datetime
    from_state: str
    to_state: str
    version: int
    who: str
    reason: str


class ItemOut(Schema):
    """An item as the asker sees it."""

    id: int
    flow: str
    version: int
    whole: bool
    fields: dict[str, Any]
    steps: list[StepOut]
    acts: list[ActOut]


class FieldOut(Schema):
    """A field of a form; `choices`: value -> text; places are given by code, people by sign-in name, sums in yuan."""

    name: str
    label: str
    kind: str
    required: bool
    longest: int | None = None
    choices: dict[str, str] | None = None


class FormOut(Schema):
    """The form of a step."""

    step: str
    fields: list[FieldOut]
    reason: bool


class StepIn(Schema):
    """A step to take: the item's version as seen, or a new one's parent; the form's values, a reason, files."""

    seen: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    parent: Key | None = None
    data: dict[Text, Value | list[Value]] = {}
    reason: Text = ""
    files: list[Key] = []


class DoneOut(Schema):
    """The act that a request made, the first time or before."""

    act: int
    item: int
    version: int
    state: str
    request: UUID


class TodoOut(Schema):
    """What waits for the asker."""

    item: int
    flow: str
    step: str
    since: datetime
    due: datetime | None
    late: bool


class TodosOut(PageOut):
    """One page of the inbox: so many items with all that waits in each; counted by item."""

    items: list[TodoOut]


class NoticeOut(Schema):
    """What the asker was told; of no item where the site itself tells it."""

    id: int
    item: int | None
    zh: str
    en: str
    at: datetime
    read_at: datetime | None


class NoticesOut(PageOut):
    """One page of the notices."""

    items: list[NoticeOut]


class HealthOut(Schema):
    """Whether the site works."""

    status: str
    version: str
