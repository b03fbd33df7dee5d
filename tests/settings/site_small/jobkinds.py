"""Kinds of jobs for tests: one with an effect, one refused, one that kills itself, one that stays."""

import os
import signal
import time
from datetime import timedelta
from typing import Any

from django.utils import timezone

from yiheng.base.refusal import Refusal
from yiheng.base.words import Word
from yiheng.site.base.audit.chain import write
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.jobs.kinds import Kind, declare
from yiheng.site.base.jobs.work import Work


def effect(work: Work, args: dict[str, Any]) -> str:
    """Some steps, then one entry in the audit."""
    work.step("counting", 10)
    for _ in range(10):
        time.sleep(args.get("pause", 0.02))
        work.advance(1)
    with work.commit(f"made {args['name']}"):
        write(None, "small.effect", Of("small", args["name"]), timezone.now())
    return ""


def refuse(work: Work, args: dict[str, Any]) -> str:  # noqa: ARG001
    raise Refusal("is not a table", file=args["file"])


def die(work: Work, args: dict[str, Any]) -> str:  # noqa: ARG001
    work.step("dying")
    os.kill(os.getpid(), signal.SIGKILL)
    return ""


def stay(work: Work, args: dict[str, Any]) -> str:  # noqa: ARG001
    print("staying", flush=True)
    time.sleep(600)
    return ""


NOW = timedelta()
EFFECT = declare(Kind("small.effect", Word("办事", "effect"), effect, attempts=1000, wait=NOW))
REFUSE = declare(Kind("small.refuse", Word("被拒", "refused"), refuse, attempts=3, wait=NOW))
DIE = declare(Kind("small.die", Word("自毙", "dies"), die, attempts=2, wait=NOW))
STAY = declare(Kind("small.stay", Word("久留", "stays"), stay, attempts=2, wait=NOW))
