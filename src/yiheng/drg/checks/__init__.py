"""Checks of a rule pack (方案核查): what a pack says that can never hold, hides something else, or is not said at all.

Each check is a function from a pack to findings; how grave they are is a row of `policy/drg/checks.yaml`.
"""
