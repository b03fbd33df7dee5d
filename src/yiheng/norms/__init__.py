"""Norms (病组标准): what a group of patients costs and takes in this region, and where each unit departs from it.

It works on any group column and knows no grouper: a grouping is a column, a unit is a column, the rest is counting.
"""
