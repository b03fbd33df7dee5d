"""Clock (时限计算): how long something may take, when that is over, what is left of it while it stands still. Pure.

- `span`: how long, in minutes and hours round the clock, in days, in working days
- `calendar`: which days are worked, by year; `china` reads those that are published
- `due`: when a span is over, and what is left of it

It never asks what time it is, keeps nothing and knows no item: deadlines of items are in `flow`.
"""
