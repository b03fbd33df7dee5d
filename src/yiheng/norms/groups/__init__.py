"""Statistics of groups (病组统计): what the cases of a group cost, take and come to, by region, class and hospital.

`statistics` has the figures of every group, `expected` holds each case against the cases like it. Quantiles are values
that occurred, never between two; a figure stands with its counts. It knows no grouper: a group is a name.
"""
