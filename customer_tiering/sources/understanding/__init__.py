"""What the cells of a table mean: its columns, dates, amounts, words and names, each column as a whole."""
