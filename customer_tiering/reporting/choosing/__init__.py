"""What the reader of a report chose, whom he may see, and whose customers they are."""
