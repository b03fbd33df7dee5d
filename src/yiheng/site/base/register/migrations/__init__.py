"""Migrations of the register's own table (登记表迁移)."""
