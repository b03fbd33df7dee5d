"""The kernel (分组内核): a compiled pack run over millions of cases, held equal to `drg.reference` by tests.

`compile` turns a pack into the numbers of `arrays`, `store` keeps them on disk, `machine` runs them; `batch` takes
Arrow batches in and out, `dated` chooses the pack by the day, `stream` and `cluster` lead whole files through.
"""
