"""How the files of a verb are read: its options, the rows, and the verb that tells it beforehand."""
