"""Quality (数据质量): rules as rows of `policy/quality/rules`, held against every case that is loaded.

`book` reads the rules, `compile` turns their expressions into columns of a query, `facts` looks up a case's codes,
`examine` says of each row and rule: passed, failed, unknown, not applicable or error. A rule that rejects keeps a row
out, one that flags lets it in with a finding. What a rule means stands in its row, never here.
"""
