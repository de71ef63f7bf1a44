"""What the command shows in a terminal, or sends into a pipe."""
