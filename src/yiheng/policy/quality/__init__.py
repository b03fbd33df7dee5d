"""Quality rules (数据质量规则): rules as rows in `rules/`; the limits, code lists and groups of columns they name."""
