"""Lists that many reports have: of customers, of documents, and of documents that are left out."""
