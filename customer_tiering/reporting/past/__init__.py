"""Where the reader's customers stood, on a day or month by month."""
