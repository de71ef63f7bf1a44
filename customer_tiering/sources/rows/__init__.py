"""From the cells of tables to documents: typed columns, one row per document, one currency."""
