"""Versioned tables (版本化数据表): what DATA holds, and how it is read, written, committed and compared.

A load exists once its commit exists; readers open a snapshot, never "the latest"; runs keep results. This room knows
the columns of every table (`contract/`) and nothing of what they mean to payment or grouping.
"""
