"""Plain models every result is shown beside."""
