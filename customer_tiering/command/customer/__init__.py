"""One customer's account in a terminal."""
