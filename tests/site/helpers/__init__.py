"""What the site tests are made with: documents, readers, workers, faults."""
