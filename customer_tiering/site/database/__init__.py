"""Many rows between the database and columns: read, written, or read from a replica."""
