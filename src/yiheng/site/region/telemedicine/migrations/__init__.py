"""Migrations of the tables (数据库迁移), written by Django."""
