"""Migrations of the files' table (附件表迁移)."""
