"""Yiheng (医衡): a region's discharges, grouped, weighed, compared and paid for, in the open.

Policy is data, arithmetic is pure functions, people act through audited actions, and every number can be opened.
"""

__version__ = "0.1.0"
