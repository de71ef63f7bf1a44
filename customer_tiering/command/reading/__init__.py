"""How the files that a verb is given are read: its options, the rows, and the verb that tells it beforehand."""
