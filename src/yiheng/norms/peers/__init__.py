"""Peers (同类比较): with whom a unit is compared, what it would save as its peers do it, and what is new in its months.

Units are never ranked: results are in order of codes, and name with whom they compare. What somebody from outside may
see of them goes through `tables.hiding` first.
"""
