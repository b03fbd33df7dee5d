"""Break-glass (紧急查阅): a person opens what that person may not see, says why, and only for some hours.

Only flows with a sight for `party.Glass` can be opened so, to the roles that it names. It ends by itself, every look is
in the audit, and somebody else reviews it afterwards. It never lets anyone act.
"""
