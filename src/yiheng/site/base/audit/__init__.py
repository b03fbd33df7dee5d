"""Audit (审计): who did what to which thing, when, as whom; written with the act itself, and never changed.

Writes make a chain: each entry has the digest of the one before it. Looks and refusals wait in a buffer and are sealed
in batches into the chain. `verify` finds what was deleted, changed, reordered or cut off, also against the `anchor`
file outside of the database. An entry names fields and never holds a patient's name, number or text.
"""
