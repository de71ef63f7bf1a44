"""What a review says: a section per subject, in sentences that are true, short, and say what to do."""
