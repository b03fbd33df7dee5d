"""Migrations of the ledger's tables (账表迁移)."""
