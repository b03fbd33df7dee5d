"""What every room stands on: money, refusals, words, progress.

It imports no other room and knows nothing of hospitals.
"""
