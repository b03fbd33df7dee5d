"""Places (机构树): regions, institutions and departments as one dated tree, and who holds which post where.

A person's rights come from posts alone. A delegation lends posts for some days; what is lent is never lent on.
"""
