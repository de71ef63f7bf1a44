"""What keeps a fault from spreading: events and a log that cannot fail, servers that are not waited for."""
