"""Accounts (账户): the people of the site, one account a natural person, and how they sign in.

It never says what somebody may do: that follows from posts (`places`) and from an item's parties (`party`).
"""
