"""Exporting a long list as a job (长列表导出作业): the rows of the page's own export, as its maker sees them then.

It begins once another person has confirmed it: list, number of rows and reason are what that person is shown.
"""

from typing import Any

from django.utils import timezone, translation

from yiheng.base.whole import whole
from yiheng.base.words import Word
from yiheng.site.base.audit.looks import look
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.breakglass.actions import actor_at
from yiheng.site.base.flow.registry import flow_of
from yiheng.site.base.flow.sight import seen_of
from yiheng.site.base.jobs import results
from yiheng.site.base.jobs.kinds import Kind, declare
from yiheng.site.base.jobs.models import Job
from yiheng.site.base.jobs.work import Work
from yiheng.site.base.notices import confirming
from yiheng.site.base.pages import export, taking
from yiheng.site.base.pages.listing import Row, Wanted, found, row_of
from yiheng.site.base.refused import NotDone

_AT_ONCE = 500


class NoMore(NotDone):
    """Whoever asked for the list is no longer somebody who may sign in."""

    def __init__(self) -> None:
        super().__init__("inactive", Word("发起人账户已停用", "the account of whoever asked is not active"))


def export_list(work: Work, args: dict[str, Any]) -> str:
    """Write the file of a list; what its maker may see, and how much may be taken, is judged when it is written.

    - args: flow, kind, wanted (state, q, sort), rows, reason, language
    """
    job, now = Job.objects.select_related("person").get(pk=work.job), timezone.localtime()
    if job.person is None or not job.person.is_active:
        raise NoMore
    actor, flow = actor_at(job.person.pk, now).unopened, flow_of(args["flow"])
    wanted = Wanted.of(flow, args["wanted"])
    items = found(flow, actor, wanted)
    with translation.override(args["language"]):
        count = items.count()
        taking.demand(actor, flow.code, taking.EXPORT, count, args["reason"], now)
        work.step("导出列表 / exporting the list", count)
        rows: list[Row] = []
        each = list(items)
        for first in range(0, len(each), _AT_ONCE):
            batch = each[first : first + _AT_ONCE]
            sees = seen_of(batch, actor)
            rows += (row_of(item, sees[item.pk]) for item in batch)
            work.advance(len(batch))
        about = export.About(job.person.name, now, " ".join(filter(None, (wanted.state, wanted.text))))
        content = export.as_csv(flow, rows) if args["kind"] == export.CSV else export.as_xlsx(flow, rows, about)
    with whole(results.path(job.pk)) as draft:
        draft.touch(mode=0o600)
        draft.write_bytes(content)
    told = {"rows": len(rows), "fields": list(flow.listed), "kind": args["kind"], "reason": args["reason"]}
    with work.commit(f"{len(rows)} 行 / rows"):
        Job.objects.filter(pk=job.pk).update(file=f"{flow.code}-{now:%Y%m%d-%H%M%S}.{args['kind']}")
        look(actor, taking.EXPORT, Of(flow.code), now, **told)
    return ""


def _about(args: dict[str, Any]) -> Word:
    """The list as it was asked for: the service, what was looked for, how many rows there were, why."""
    flow, wanted = flow_of(args["flow"]), args["wanted"]
    state = flow.states[wanted["state"]].word if wanted["state"] in flow.states else Word("", "")
    zh = (flow.word.zh, state.zh, wanted["q"], f"{args['rows']:,}行", f"理由：{args['reason']}")
    en = (flow.word.en, state.en, wanted["q"], f"{args['rows']:,} rows", f"reason: {args['reason']}")
    return Word(" · ".join(filter(None, zh)), " · ".join(filter(None, en)))


EXPORT = declare(
    Kind(
        "list.export",
        Word("导出列表", "export of a list"),
        export_list,
        about=_about,
        confirms=taking.confirmed_by,
        asked=confirming.ask,
    )
)
