"""From requests to grades that are stored: the outbox, drains, full runs, and what failed."""
