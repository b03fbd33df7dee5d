"""Standards (诊疗标准): what the cases of a group are given, item by item and day by day, from their charge lines.

Exact sums by group, hospital and item are made month by month and simply add up; divisions come last. Refunds are
netted within a case. It never judges a case: a departure from the standard is a figure to look at.
"""
