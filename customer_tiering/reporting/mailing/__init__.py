"""What is mailed of its own accord: the monthly review."""
