"""Telling (入组解释): why a case is in its group, what it lacks for another, and what a group asks, for people to read.

All of it is data first (`explanation`, `near`, `whatif`, `reconcile`); `lines` and `page` put it in words. The kernel
is not needed here: a case that is told of is grouped by `drg.reference`.
"""
