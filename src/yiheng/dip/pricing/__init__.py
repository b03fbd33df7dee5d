"""Points of cases (分值核算): levels of the auxiliary catalogue, coefficients of hospitals, bands of cost, TCM groups.

All of it takes cases in their groups (`assigned`) and cuts nothing; `points` puts it together, step by step.
"""
