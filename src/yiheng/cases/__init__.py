"""Cases (病例): discharges as hospitals send them, read, checked row by row and loaded; nothing is lost.

A row that fits goes in, a row that does not is quarantined with file, row, column, value and reason, and a file that
cannot be read as a whole loads nothing. This room knows no grouping and no payment.
"""
