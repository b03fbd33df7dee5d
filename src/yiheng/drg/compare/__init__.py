"""Packs compared (方案对比): what differs between two of them, row by row, and which cases would move.

What is said of one case and its group is in `drg.telling`.
"""
