"""Ledger (额度台账): limits and what is taken of them: money, slots, beds, posts.

A cell has a limit; a hold takes a part of it for one item and moves through three legs: held (预占), committed (占用),
used (实际); what is released is free again. Amounts are whole: fen or counts.

- `moves`: the only writer; `effects`: the same as effects of steps
- `limits`: cells, and their limits, asked for by one and confirmed by another; `sheets`: the same from forms and sheets
- `seeing`: who sees which cells
- `reading`: what is available, a cell's statement, and the proof that every cell is the sum of its holds

It never knows what a limit is for, and takes no policy value: limits and modes are given to it.
"""
