"""DIP in the report (DIP 报告): the catalogue, groups and points made for it, and linked pages of groups and hospitals.

Figures come from `yiheng.dip`; a page computes nothing of its own.
"""
