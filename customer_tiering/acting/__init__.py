"""Decisions: what is to be done about customers, from where they stand. No Frappe here, and no clock."""
