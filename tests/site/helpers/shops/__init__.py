"""Shops in rows or documents, whose figures are known."""
