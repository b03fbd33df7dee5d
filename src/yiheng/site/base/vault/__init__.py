"""The vault (保险库): patients' names and phones, and other texts that few may read, encrypted in the database.

Their key is a file of mode 600 outside of the database and of uploads. A look says why, is held to the institution of
the record, and is in the audit before anything is shown. It never gives many at once and never searches by parts.
"""
