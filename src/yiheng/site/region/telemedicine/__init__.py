"""Remote consultation (远程会诊): one hospital asks, another signs an opinion. System 13; clauses X9, X19, S1, S10."""
