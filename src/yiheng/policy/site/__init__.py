"""The site itself (站点): tries at its doors, tokens, exports; dated, with their source or whose choice they are."""
