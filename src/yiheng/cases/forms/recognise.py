"""Recognising a form (识别表样): which known form a header is, by the codes or the Chinese names of its columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from yiheng.base.refusal import Refusal
from yiheng.cases.forms.known import KNOWN, Form, known_form
from yiheng.cases.layout import Layout, Recipe, canonical
from yiheng.codes.normal import normal

# What a file of returned rows has behind the sender's own columns; see `returned`.
RETURNED = ("退回编号", "问题", "处理办法")
_MOST_SHOWN = 12


@dataclass(frozen=True)
class Recognised:
    """A file's form and how to read it; `strange` are columns that the form does not know, which are not read."""

    form: Form
    layout: Layout
    strange: tuple[str, ...]


def recognise(header: Sequence[str], file: Path, among: Sequence[str] = KNOWN) -> Recognised:
    """The form that knows most of this header; a header without what that form needs is refused, and shown it."""
    names = [name for name in header if name and name not in RETURNED]
    forms = [known_form(each) for each in among]
    best = max(forms, key=lambda form: _fit(form, names))
    if not _matches(best, names):
        raise Refusal(
            "no known form has these columns", file=file.name, value=", ".join(names[:_MOST_SHOWN]),
            cure="give a mapping file, or see: yiheng cases forms",
        )  # fmt: skip
    return as_form(best, names, file)


def as_form(form: Form, header: Sequence[str], file: Path) -> Recognised:
    """A file read as this form; columns that it needs and the file lacks are refused."""
    names = [name for name in header if name and name not in RETURNED]
    called = _matches(form, names)
    if form.layout is None:
        return _as_table(form, names, called, file)
    missing = [code for code in form.needed if code not in called]
    if missing:
        told = f"{form.word.zh} {form.word.en}"
        raise Refusal(
            f"lacks columns of the form {told}", file=file.name,
            column=", ".join(f"{code} {form.columns.get(code, '')}".strip() for code in missing),
            cure=f"its header: yiheng cases forms {form.id}",
        )  # fmt: skip
    strange = tuple(name for name in names if name not in called.values())
    return Recognised(form, _called(form.layout, called), strange)


def _as_table(form: Form, names: Sequence[str], called: Mapping[str, str], file: Path) -> Recognised:
    own = {its: code for code, its in called.items()}
    layout = canonical([own.get(name, name) for name in names], file, form.table)
    missing = [column for column in form.needed if column not in layout.columns]
    if missing:
        raise Refusal(f"no column {missing[0]}", file=file.name, cure=f"its header: yiheng cases forms {form.id}")
    return Recognised(form, _called(layout, called), ())


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
    return replace(layout, columns=kept, stays=had if "entered" in had else {}, names=namings)


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
