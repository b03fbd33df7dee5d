"""Procurement (采购): approval bands, methods by amount, waiting times, signs of collusion; dated and sourced."""
