"""Party (当事方): who somebody is, relative to one item. One value answers four questions that must never differ.

`holds` says whether a standing is this party of an item, `rows` is the same as a condition on the database's rows,
`turns` says whom an item waits for. To-do, page, list, file, search, export, API and print all ask these.
"""

from yiheng.site.base.party.party import Party
from yiheng.site.base.party.terms import Author, Former, Glass, Outsider, PersonIn, RoleAt, RoleOver, System, own_places

__all__ = ["Author", "Former", "Glass", "Outsider", "Party", "PersonIn", "RoleAt", "RoleOver", "System", "own_places"]
