"""Norms (病组标准): what a group of patients costs and takes in this region, and where each unit departs from it.

It works on any group column and knows no grouper: a grouping is a column, a unit is a column, the rest is counting.
`build` are the norms of units; `facts` what is counted of a case and `sums` its sums; `groups` the figures of groups
and expected values of cases, `indices` figures of units and the cases behind them, `items` standards from charge
lines, `peers` comparison, `doctors` a doctor's own cases.
"""
