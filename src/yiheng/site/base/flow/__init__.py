"""Flow (流程): items that people move from state to state, one after the other, as a declaration says.

- `declare`: what a service says of its flow; `registry`: the flows there are, by code and version
- `facts` reads what is to be judged, `decide` judges it (pure: button, refusal, API and matrix ask the same), `act` is
  the only writer: item, act, to-dos, audit and event in one transaction, or nothing
- `sight`: what of an item whom is shown; `todos`: whom an item waits for; `inbox`: what waits for a person
- `deadlines`: the clocks of an item; `tick`: what is done because its time has come, by no person

It never knows a service, and no service writes an item but through `act`.
"""
