"""Forms (报送表单): what hospitals really send about the made-up region, written as they write it.

Front pages, settlement lists, charge lines and stays in intensive care, from cases of the contract; also with planted
errors of which each breaks one rule. Nothing here reads a form: the readers are another room's, and these files test
them. Start with `files.write_month`.
"""
