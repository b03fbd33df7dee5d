"""Check (检查) and advice (提示): pure questions asked of facts before a step, whose answers are kept.

A check blocks, warns (it may be gone over with a reason) or advises. It says by which rule, from which input and source
it came to its answer. It reads nothing itself: `reads` of its declaration gathers the facts.
"""

from yiheng.site.base.check.check import Answer, Check, Evidence, Level, Said, asked, blocking

__all__ = ["Answer", "Check", "Evidence", "Level", "Said", "asked", "blocking"]
