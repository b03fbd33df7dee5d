"""Migrations of the documents' tables (文书表迁移)."""
