"""Real processes, workers and servers: killed, cut off, held up or away."""
