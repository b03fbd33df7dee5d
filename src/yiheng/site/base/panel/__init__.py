"""Panel (会签与表决): several people who answer before a step is taken, one answer each.

- `ladder` (逐级审批): one rung after the other, made from dated limits when the item comes to the state
- `countersign` (会签): all of several parties, at the same time
- `scores` (专家评分): points, which nobody sees of another until all are in
- `vote` (表决): electors frozen at opening, quorum and majority, the chair last, secret where it is asked for
- `outcome` decides from plain values; `seats` carries answers to the tables; `view` says who reads which answer

It never moves an item: it tells `flow.act` what the panel has come to.
"""
