"""What people read: the app's own texts, and the names of what is stored, in the reader's language."""
