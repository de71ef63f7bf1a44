"""Who may see and do what, and what a caller may send."""
