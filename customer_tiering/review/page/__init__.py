"""A review as one HTML page that asks no network for anything: its template, style, script and charts."""
