"""Limits (资源限制): how much memory and how many threads a process may use, as settings."""

import os
import re

from yiheng.base.refusal import Refusal

DEFAULT_MEMORY = "512MB"


def memory_limit() -> str:
    """What `YIHENG_MEMORY` allows, such as 8GB."""
    limit = os.environ.get("YIHENG_MEMORY") or DEFAULT_MEMORY
    if not re.fullmatch(r"[1-9][0-9]{0,6} ?(MB|GB|MiB|GiB)", limit):
        raise Refusal("is no amount of memory", column="YIHENG_MEMORY", value=limit, cure="such as 512MB or 8GB")
    return limit


def threads() -> int:
    """How many threads `YIHENG_THREADS` allows; without it, one for each processor."""
    number = os.environ.get("YIHENG_THREADS") or str(os.cpu_count() or 1)
    if not re.fullmatch(r"[1-9][0-9]{0,3}", number):
        raise Refusal("is no number of threads", column="YIHENG_THREADS", value=number, cure="such as 4")
    return int(number)
