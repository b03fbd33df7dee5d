"""Rule packs (分组方案包): how a pack is written, opened, put over its base, read, and in force in a place.

`schema` says what a pack may hold; `opening` finds one by folder, zip, workbook or id; `content` puts diffs over their
base; `load` gives the tables their meaning as a `pack.Pack`; `places` says which one is in force on a day. Nothing here
looks at a case.
"""
