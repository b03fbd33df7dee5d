"""Reports (报告): what a reader opens without Yiheng: one HTML file that works offline, and an Excel workbook.

It shows what the engines computed and computes nothing itself but what a page needs to be drawn.
"""
