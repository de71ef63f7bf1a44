"""A small company whose past can be put back as it was, and all that can happen to it in a day."""
