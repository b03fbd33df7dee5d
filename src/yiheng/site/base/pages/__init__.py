"""Pages (页面): what people see of any flow, made from its declaration; no service writes a page of its own.

Inbox, own matters, lists, forms, items, exports and prints, all through `flow.sight`; every change goes through
`flow.act`. It decides nothing: what may be done is asked of `flow.decide`, what is shown of `flow.sight`.
"""
