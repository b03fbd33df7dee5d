"""The content of a pack (方案内容): its tables as text, a diff put over its base, before any meaning is given to it."""

from dataclasses import replace
from functools import cached_property

from yiheng.base.refusal import Refusal
from yiheng.drg.packs.about import Said, said_by
from yiheng.drg.packs.edits import OP, edited
from yiheng.drg.packs.rows import Table, table_of
from yiheng.drg.packs.schema import Form, forms
from yiheng.drg.packs.source import TOML, Source


class Content:
    """The tables of one pack and what it says about itself; `base` is the content that it is a diff over."""

    def __init__(self, source: Source, own: Said, base: "Content | None") -> None:
        self.source = source
        self.own = own
        self.base = base
        self._tables: dict[str, Table] = {}

    @cached_property
    def said(self) -> Said:
        return self.own if self.base is None else self.own.over(self.base.said)

    def has(self, name: str) -> bool:
        """Whether the pack has this table; those that are not optional it must have."""
        return self.source.read(forms()[name].file) is not None or (self.base is not None and self.base.has(name))

    def table(self, name: str) -> Table:
        """A table of the pack with all its columns; an optional one that the pack has not is empty."""
        if name not in self._tables:
            self._tables[name] = self._read(forms()[name])
        return self._tables[name]

    def check_edits(self) -> None:
        """Refuse a diff that cannot be carried out, in any of its tables."""
        for form in forms().values():
            if self.base is not None and self.source.read(form.file) is not None:
                self.table(form.name)

    def _read(self, form: Form) -> Table:
        content = self.source.read(form.file)
        if self.base is not None:
            base = self.base.table(form.name)
            its = base if self.base.base is not None else replace(base, file=f"{self.base.source.name}/{form.file}")
            return its if content is None else replace(edited(its, content, form), file=form.file)
        if content is None:
            return self._empty(form)
        if not self.own.bare:
            _refuse_edits(content, form)
        optional = tuple(column.name for column in form.columns if column.optional)
        return table_of(form.file, content, form.names, optional)

    def _empty(self, form: Form) -> Table:
        if not form.optional:
            cure = "a header alone is an empty table"
            raise Refusal("there is no such file in the pack", file=f"{self.source.shown}/{form.file}", cure=cure)
        return Table(form.file, form.names, [])


def content_of(source: Source) -> Content:
    """The content of a source with its bases; a cycle of bases, or a base that is not there, is refused."""
    return _content(source, ())


def _content(source: Source, over: tuple[Source, ...]) -> Content:
    if source in over:
        chain = " -> ".join(each.name for each in (*over, source))
        raise Refusal(f"is its own base: {chain}", file=TOML, value=source.name)
    own = said_by(source)
    if "base" not in own.values:
        return Content(source, own, None)
    content = Content(source, own, _content(source.base(own.text("base")), (*over, source)))
    content.check_edits()
    return content


def _refuse_edits(content: bytes, form: Form) -> None:
    header = content.decode("utf-8-sig", "replace").split("\n", 1)[0].split(",")
    if header[0].strip() == OP:
        cure = "name the base in pack.toml"
        raise Refusal("has operations, but the pack names no base", file=form.file, column=OP, cure=cure)
