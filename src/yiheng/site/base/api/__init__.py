"""The API (接口): what the pages show and do, for programs; one set of addresses for every flow.

It asks `flow.sight`, `flow.decide` and `flow.act` as the pages do, and knows no more than they. Whoever is not known is
answered 401 or 403 before anything is looked up.
"""
