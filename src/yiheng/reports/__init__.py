"""Reports (报告): what a reader opens without Yiheng: one HTML file that works offline, and an Excel workbook.

It shows what the engines computed. Of its own it has only what no engine does for several groupings at once: counts
over what DATA holds, and a hospital's complications against those that the region's rates give (`norms.standardised`).
"""
