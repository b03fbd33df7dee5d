"""Supervision (违规行为监管): cases that somebody should look at, with the evidence; never a silent cut."""
