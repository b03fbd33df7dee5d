"""Assignment (入组): each case finds its group in a catalogue, or is told why it has none.

`reference` is the definition on the `book` of groups. `compile` turns a book into numbers, `store` keeps them on disk,
`machine` runs them, held equal to the definition by tests; `batch` takes Arrow batches in and out, `stream` leads whole
files through, `assign` tables of the engine.
"""
