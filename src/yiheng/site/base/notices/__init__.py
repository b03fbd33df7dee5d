"""Notices (通知): who is told what happened, each person once for each event.

Events are written by acts into the outbox and told here, later, to those concerned who may see the item at that time.
A notice names the item's number and state, where the reader sees them, and never a tagged field. This room is above
`flow`: nothing that acts waits for it.
"""
