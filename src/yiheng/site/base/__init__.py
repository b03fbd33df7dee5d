"""The ground of the site (服务底座): people, places, what they may see and do, and the eight concepts of a service.

Rooms, each of which imports only those before it: `texts`; `accounts`, `places` (who, where, in which post); `audit`,
`vault`, `jobs`, `clock`, `files`, `notices`; `party` (who, relative to an item), `check`, `register`, `ledger`,
`document`; `flow`, which binds them, and `panel`; `pages` and `api`, which show any flow. None knows a service or a
policy value.
"""
