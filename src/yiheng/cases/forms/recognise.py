"""Recognising a form (识别表样): which known form a header is, by the codes or the Chinese names of its columns."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from yiheng.base.refusal import Refusal
from yiheng.cases.forms.known import KNOWN, PLACES, Form, known_form
from yiheng.cases.layout import Layout, Recipe, canonical
from yiheng.cases.places import dated_key
from yiheng.codes.normal import normal

# What a file of returned rows has behind the sender's own columns; see `returned`.
RETURNED = ("退回编号", "问题", "处理办法")
_REASON = ("REASON", "原因")
_MOST_SHOWN = 12
_SENDER = "name the sender: --hospital CODE"


@dataclass(frozen=True)
class Recognised:
    """A file's form and how to read it; `strange` are columns that the form does not know, which are not read.

    `unread`: what the form would read but for columns that the file lacks, as lines for a person. `reason`: the column
    of a withdrawal that says why. `sender`: the hospital of all its rows, where the file does not say it.
    """

    form: Form
    layout: Layout
    strange: tuple[str, ...]
    unread: tuple[str, ...] = ()
    reason: str = ""
    sender: str = ""


def recognise(header: Sequence[str], file: Path, among: Sequence[str] = KNOWN, hospital: str = "") -> Recognised:
    """The form that knows most of this header; a header without what that form needs is refused, and shown it.

    `hospital` is the sender of a file without a column for it.
    """
    names = [name for name in header if name and name not in RETURNED]
    forms = [known_form(each) for each in among]
    best = max(forms, key=lambda form: _fit(form, names))
    if not _matches(best, names):
        raise Refusal(
            "no known form has these columns", file=file.name, value=", ".join(names[:_MOST_SHOWN]),
            cure="give a mapping file, or see: yiheng cases forms",
        )  # fmt: skip
    return as_form(best, names, file, hospital)


def recognise_withdrawal(header: Sequence[str], file: Path, hospital: str = "") -> Recognised:
    """A list of cases to withdraw, or rows of a table about places: of these only what names a row is read."""
    names = [name for name in header if name and name not in RETURNED]
    rest = [name for name in names if _plain(name) not in _REASON]
    cases, place = known_form("withdrawn"), max(map(known_form, PLACES), key=lambda form: _fit(form, rest))
    if not (hospital or _fit(cases, names)[1] or _fit(place, rest)[1]):
        raise Refusal(
            "names neither a case nor a row of a table about places", file=file.name,
            value=", ".join(names[:_MOST_SHOWN]),
            cure="hospital,case_id,reason (医疗机构代码,病例号,原因), or the key of such a table: yiheng cases forms",
        )  # fmt: skip
    if _fit(cases, names) >= _fit(place, rest):
        return as_form(cases, header, file, hospital)
    found = as_form(place, rest, file, hospital)
    key = {name: its for name, its in found.layout.columns.items() if name in dated_key(place.table)}
    reason = next((name for name in names if _plain(name) in _REASON), "")
    return replace(found, layout=replace(found.layout, columns=key), reason=reason)


def as_form(form: Form, header: Sequence[str], file: Path, hospital: str = "") -> Recognised:
    """A file read as this form; columns that it needs and the file lacks are refused, but for a sender given here."""
    names = [name for name in header if name and name not in RETURNED]
    called = _matches(form, names)
    if form.layout is None:
        return _as_table(form, names, called, file, hospital)
    sent_by = form.layout.columns["hospital"].sources
    sender = hospital if not set(sent_by) & set(called) else ""
    missing = [code for code in form.needed if code not in called and not (sender and code in sent_by)]
    if missing:
        told = f"{form.word.zh} {form.word.en}"
        raise Refusal(
            f"lacks columns of the form {told}", file=file.name,
            column=", ".join(f"{code} {form.columns.get(code, '')}".strip() for code in missing),
            cure=_SENDER if set(missing) <= set(sent_by) else f"its header: yiheng cases forms {form.id}",
        )  # fmt: skip
    strange = tuple(name for name in names if name not in called.values())
    layout = _sent_by(sender, _called(form.layout, called))
    return Recognised(form, layout, strange, tuple(_unread(form.layout, called)), sender=sender)


def _as_table(form: Form, names: Sequence[str], called: Mapping[str, str], file: Path, hospital: str) -> Recognised:
    own = {its: code for code, its in called.items()}
    sender = hospital if "hospital" in set(form.needed) - set(called) else ""
    given = [own.get(name, name) for name in names]
    layout = canonical([*given, *(["hospital"] if sender else [])], file, form.table)
    missing = [column for column in form.needed if column not in layout.columns]
    if missing:
        cure = _SENDER if missing == ["hospital"] else f"its header: yiheng cases forms {form.id}"
        raise Refusal(f"no column {missing[0]}", file=file.name, cure=cure)
    return Recognised(form, _sent_by(sender, _called(layout, called)), (), sender=sender)


def _sent_by(hospital: str, layout: Layout) -> Layout:
    """The layout with this hospital for every row, if it is named."""
    return replace(layout, columns={**layout.columns, "hospital": Recipe(constant=hospital)}) if hospital else layout


def fit(names: Sequence[str], among: Sequence[str] = KNOWN) -> float:
    """How much of a header the form that knows most of it knows, more names before fewer."""
    best = max(_fit(known_form(each), names)[0] for each in among)
    return best * len(names)


def _fit(form: Form, names: Sequence[str]) -> tuple[float, bool]:
    """How much of the header a form knows; of two that know as much, the one whose needs are all there."""
    called = _matches(form, names)
    return len(called) / max(len(names), 1), all(code in called for code in form.needed)


def _matches(form: Form, names: Sequence[str]) -> dict[str, str]:
    """Code of the form -> what the file calls it, by its code or its Chinese name."""
    by_text = {_plain(name): name for name in reversed(names)}
    found = {}
    for code, zh in form.columns.items():
        for text in (code, zh):
            if (its := by_text.get(_plain(text))) is not None:
                found[code] = its
                break
    return found


def _plain(name: str) -> str:
    """A column's name without what people write differently: width, spaces, brackets."""
    return normal(name).replace(" ", "").replace("（", "(").replace("）", ")")


def _called(layout: Layout, called: Mapping[str, str]) -> Layout:
    """The layout with the file's own names; recipes whose columns it lacks are left out."""
    columns = {name: _renamed(recipe, called) for name, recipe in layout.columns.items()}
    kept = {name: recipe for name, recipe in columns.items() if recipe is not None}
    kept = {name: recipe for name, recipe in kept.items() if recipe.beside in ("", *kept)}
    stays = {name: _renamed(recipe, called) for name, recipe in layout.stays.items()}
    had = {name: recipe for name, recipe in stays.items() if recipe is not None}
    namings = tuple(
        replace(each, code=code, zh=zh, en=en)
        for each in layout.names
        if (code := _renamed(each.code, called))
        and (zh := _renamed(each.zh, called))
        and (en := _renamed(each.en, called))
    )
    partly = frozenset(
        called.get(recipe.sources[0], "")
        for name, recipe in layout.columns.items()
        if recipe.items and name not in kept
    )
    return replace(layout, columns=kept, stays=had if "entered" in had else {}, names=namings, partly=partly)


def _unread(layout: Layout, called: Mapping[str, str]) -> Iterator[str]:
    """Where a file has the items of a node, and not the column that says which of them are meant, or where they are."""
    unread: dict[tuple[str, ...], list[str]] = {}
    for name, recipe in layout.columns.items():
        lacking = tuple(its for its in recipe.reads_of_node if its not in called)
        if recipe.items and recipe.sources[0] in called and lacking:
            unread.setdefault(lacking, []).append(name)
    stays = {source for recipe in layout.stays.values() for source in recipe.sources}
    entered = layout.stays["entered"].sources if layout.stays else ()
    if stays & set(called) and not set(entered) & set(called):
        unread[tuple(entered[:1])] = ["icu"]
    for lacking, names in unread.items():
        yield f"{', '.join(names)} 未读,文件缺少列 not read, the file lacks {', '.join(lacking)}"


def _renamed(recipe: Recipe, called: Mapping[str, str]) -> Recipe | None:
    instead = _renamed(recipe.instead, called) if recipe.instead else None
    # A constant stands for cells that are empty, never for a column that a file lacks.
    otherwise = instead if instead is not None and instead.sources else None
    own = recipe.reads_of_node
    if recipe.as_list and not recipe.total:
        # A place that the file lacks stays empty, so that lists beside each other keep their places.
        sources = tuple(called.get(source, "") for source in recipe.sources)
        return replace(recipe, sources=sources, instead=instead) if any(sources) else otherwise
    if any(source not in called for source in own):
        return otherwise
    return replace(
        recipe,
        sources=tuple(called[source] for source in recipe.sources),
        where={called[name]: values for name, values in recipe.where.items()},
        unless={called[name]: values for name, values in recipe.unless.items()},
        leading={called[name]: values for name, values in recipe.leading.items()},
        instead=instead,
    )
