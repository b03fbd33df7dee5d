"""Crash points (故障点): the places where a load or a run could die, so that tests can make it die there.

With `YIHENG_CRASH_AT=k` in the environment the process ends, as if killed, at the k-th point that it reaches. What a
reader sees afterwards must be the commit before or the commit after, never something between.
"""

import os

_reached = 0


def point() -> None:
    """One write, rename or commit is about to happen or has just happened."""
    global _reached
    _reached += 1
    if os.environ.get("YIHENG_CRASH_AT") == str(_reached):
        os._exit(137)
