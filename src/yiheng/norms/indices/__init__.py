"""Indices of cases (病例指标): by region, county, hospital, department, physician, group, payer and month.

`monthly` are the sums that every unit is a sum of, `figures` what a unit comes to with its counts, `risk` the classes
of mortality risk, `outflow` the residents treated elsewhere, `behind` the cases behind a number. No figure stands
without its counts, and nobody is ranked here.
"""
