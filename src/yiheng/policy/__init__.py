"""Policy as data (政策数据): every value that a document or a city sets, dated and sourced; a folder a branch.

The only Python here is the loader. A value that is not set, or a date outside its range, is refused, never guessed.
"""
