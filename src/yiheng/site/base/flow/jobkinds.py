"""Publishing the tables of all flows as a job (数据表发布作业)."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from yiheng.base.words import Word
from yiheng.site.base.flow.publishing import publish
from yiheng.site.base.jobs.kinds import Kind, declare
from yiheng.site.base.jobs.work import Work


def publish_all(work: Work, args: dict[str, Any]) -> str:  # noqa: ARG001 (as every kind is called)
    """Keep a run in the DATA folder that the site's own folder lies in."""
    run = publish(Path(settings.FOLDER).parent, timezone.now(), work)
    return f"results/{run.kind}/{run.id}"


PUBLISH = declare(Kind("tables.publish", Word("发布数据表", "publish the tables"), publish_all))
