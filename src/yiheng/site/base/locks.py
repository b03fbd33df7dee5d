"""The one order of locks (加锁次序) that every act keeps, so that two acts wait for each other and never for ever.

First the row of the matter, then the names that checks ask about, sorted; then by the ranks of a step's effects; inside
`ledger` the cells by their numbers; the head of the audit's chain comes last.
"""

RANKS = {"plain": 0, "ledger": 1, "series": 2}
