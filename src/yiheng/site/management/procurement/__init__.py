"""Procurement (采购管理): from a department's request to the payment and the asset's card.

System 07; clauses X12, S13. The money is held from the first day; who asks does not approve, accept or pay.
"""
