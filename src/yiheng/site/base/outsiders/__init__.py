"""Outsiders (外部人员): a patient or a supplier, let in to one item by its number and a query code.

It never makes somebody a user: whoever came with a code holds no post, sees that item as the flow's sights say of
`party.Outsider`, and until the code ends.
"""
