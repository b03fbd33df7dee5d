"""Codes of diseases and procedures (疾病与手术操作编码): normal form, the key that a group is built on.

Code books are not here: which codes exist is policy.
"""
