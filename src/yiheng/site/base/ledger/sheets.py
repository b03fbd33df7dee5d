"""Limits from a form or a sheet (额度填报): one reading of both; of a sheet all rows or none."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django import forms
from django.db import transaction

from yiheng.base.refusal import Refusal
from yiheng.site.base.audit.looks import refusals
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.fields import YuanField
from yiheng.site.base.identity import demand_none
from yiheng.site.base.ledger.declare import Ledger
from yiheng.site.base.ledger.limits import Wanted, key_of, propose_all
from yiheng.site.base.ledger.models import Proposal
from yiheng.site.base.ledger.moves import LARGEST
from yiheng.site.base.ledger.refused import NoReason, NotAKeeper
from yiheng.site.base.ledger.seeing import keeps
from yiheng.site.base.ledger.units import Unit
from yiheng.site.base.places.models import Place
from yiheng.site.base.places.standing import Actor
from yiheng.site.base.refused import BadSheet
from yiheng.site.base.sheet import Columns, faults, rows_of
from yiheng.site.base.texts import say

LABELS = {"place": "机构代码", "code": "额度代码", "name": "名称", "starts_at": "开始时间", "approved": "额度"}
COLUMNS = Columns(LABELS, codes=("place", "code"), needed=("place", "code", "approved"))


class LimitForm(forms.Form):
    """A limit as it is to be; its amount in the unit of its ledger, money in yuan."""

    place = forms.ModelChoiceField(Place.objects, label=say("机构", "place"), to_field_name="code")
    code = forms.CharField(label=say("额度代码", "code"), max_length=100)
    name = forms.CharField(label=say("名称", "name"), max_length=200, required=False)
    starts_at = forms.DateTimeField(label=say("开始时间", "starts at"), required=False)
    approved = forms.IntegerField(label=say("额度", "limit"), min_value=0, max_value=LARGEST)

    def wanted(self) -> Wanted:
        """What was filled in; ask it of a form that is valid."""
        its = self.cleaned_data
        key = key_of(its["place"], its["code"])
        return Wanted(its["place"], key, its["approved"], its["name"], its["starts_at"])


class MoneyForm(LimitForm):
    """A limit of money."""

    approved = YuanField(label=say("额度（元）", "limit (yuan)"), min_value=0)


def form_of(ledger: Ledger) -> type[LimitForm]:
    """The form of a ledger's limits."""
    return MoneyForm if ledger.unit is Unit.FEN else LimitForm


def propose_sheet(actor: Actor, ledger: Ledger, path: Path, name: str, source: str, now: datetime) -> list[Proposal]:
    """Ask for every limit of a sheet, or for none: BadSheet has a line for each row that is wrong.

    `name` is what the sender calls the file. Raises NotAKeeper for who keeps nothing of this ledger, NoReason,
    NumberTyped where the source has an identity number.
    """
    with refusals(actor.own, "ledger.sheet", Of("ledger", ledger.code), now), transaction.atomic():
        if not keeps(ledger, actor):
            raise NotAKeeper
        if not source.strip():
            raise NoReason
        demand_none(source)
        lines: list[Refusal] = []
        rows = dict(rows_of(path, name, COLUMNS, lines))
        made, refused = propose_all(actor, ledger, dict(_wanted(ledger, rows, name, lines)), source, now)
        lines += [
            Refusal(f"{why.text.zh} / {why.text.en}", name, row=number) for number, why in sorted(refused.items())
        ]
        if wrong := faults(lines, rows, name):
            raise BadSheet(wrong, rows)
    return made


def _wanted(
    ledger: Ledger, rows: dict[int, dict[str, str]], name: str, lines: list[Refusal]
) -> Iterator[tuple[int, Wanted]]:
    """The rows that can be asked for; what is wrong with the others goes to `lines`."""
    seen: dict[tuple[str, datetime | None], int] = {}
    for number, cells in rows.items():
        form = form_of(ledger)(cells)
        if not form.is_valid():
            lines += [_line(texts[0], name, number, field, cells) for field, texts in form.errors.items()]
            continue
        wanted = form.wanted()
        if (first := seen.setdefault((wanted.key, wanted.starts_at), number)) != number:
            lines.append(Refusal(f"与第{first}行重复 / stands in row {first} already", name, row=number))
        else:
            yield number, wanted


def _line(what: str, name: str, number: int, field: str, cells: dict[str, str]) -> Refusal:
    return Refusal(str(what), name, row=number, column=LABELS[field], value=cells.get(field, ""))
