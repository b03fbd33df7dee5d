"""Import of a checkout of OpenDRG/DRG_Python (开源分组器导入): its rules as a bare directory of tables.

Its Python is parsed and read like a text, never imported and never run; what is not understood is refused by file and
line, nothing is guessed.
"""
