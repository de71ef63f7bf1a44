"""The ``customer-tiering`` command: the engine without a site, on files or on a sample company."""
