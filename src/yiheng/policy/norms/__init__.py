"""Policy of the norms (病组标准): how units and cases are compared, and which items are a group's standard."""
