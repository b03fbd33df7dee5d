"""Doctors (医师指标): what a physician's cases cost, took and came to, beside what such cases do in the region.

Figures are held against cases of the same group and stratum; nothing is shown of few cases. No physician is ranked:
rows are in order of codes, no column adds up what a physician's cases brought in. Every case behind a figure is open to
the physician concerned, who may object; an objection is shown beside the figure, and changes it only when accepted.
"""
