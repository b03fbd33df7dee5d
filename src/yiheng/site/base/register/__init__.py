"""Register (登记簿): dated rows with their source, one at a time for each key; read as of a day.

- `models`: what a service's register extends; `changing`: the only writer: drafted by one person and confirmed by
  another, or brought by a named feed; `reading`: what holds on a day; `bulk`: many drafts from one file, all or none

Rows are ended, never edited and never removed. It never knows what a register is about.
"""
