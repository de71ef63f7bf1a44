"""Acting on grades: who looks after whom, what counts as a contact, each person's follow-ups."""
