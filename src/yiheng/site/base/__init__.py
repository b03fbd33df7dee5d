"""The ground of the site (服务底座): people, places, what they may see and do, and the eight concepts of a service.

Rooms, each of which imports only those before it (import-linter holds it): `texts`; `fields`, `ground`, `locks`,
`refused`; `accounts`; `places`; `audit`; `posts`, `files`, `jobs`, `vault`, `clock`; `party`: who, relative to an item;
`check`; `breakglass`, `ledger`, `register`, `document`; `flow`, which binds them; `panel`; `notices`; `outsiders`;
`pages` and `api`, which show any flow. None knows a service or a policy value.
"""
