"""The build (目录测算): cases are counted by combination, placed in groups, and the groups weighed.

`counter` and `tally` count many cases as `statistics` defines it; `placing` says which combinations are groups,
`figures` what they weigh; `build` leads through all of it. Nothing here knows how a case finds its group.
"""
