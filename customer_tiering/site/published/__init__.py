"""What is published, as it is stored: what it names, and how older versions of the app wrote it."""
