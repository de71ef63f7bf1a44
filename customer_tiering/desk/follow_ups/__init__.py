"""Whom to contact and why, as people see it: a person's page, and a customer's next contact."""
