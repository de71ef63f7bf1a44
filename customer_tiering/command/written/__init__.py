"""The files that the command leaves behind, and reads back."""
