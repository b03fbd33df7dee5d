"""Two-way referral (双向转诊): up, down and on to another; both ends, the centre, the family doctor and the patient.

System 12; clauses X8, X2, S9, S2. It never decides where a patient goes: it asks, holds a place and keeps time.
"""
