"""DIP (按病种分值付费): a catalogue that the region's own history writes, and its groups given back to the cases.

Diagnosis x procedures, core groups and comprehensive ones, weights and points. Every choice is a parameter of a scheme
in `policy/dip/`, which `plan` reads. `catalogue` writes the catalogue, `assignment` finds each case's group, `pricing`
makes points of cases, `supervision` marks what somebody should look at.
"""
