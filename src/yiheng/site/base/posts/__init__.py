"""Posts (岗位任免): who gives and ends posts, loans and memberships, each an audited action with its permission.

- `actions`: posts; `lending`: loans of them; `groups`: groups and memberships; `accounts`: the accounts of others;
  `founding`: places and people from sheets

The tables are those of `places`. Nobody gives a post to the own person, and no one person holds what is kept apart.
"""
