"""What was: the log of changes, and what is kept of each month."""
