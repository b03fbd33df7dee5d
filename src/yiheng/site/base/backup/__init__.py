"""Backup (备份): the whole site in one encrypted file, and back from it into an empty folder.

- `sealing`: the file's encryption, piece by piece; `content`: what is in it, held against its list
- `copying`: a copy of the database at one moment, and back; `making`: a backup, written whole or not at all
- `restoring`: checked in a folder beside, then put in place; `child`: the site itself looks over what was restored

The key is the vault's, from its file, which is in no backup. It never brings two sites together.
"""
