"""What the dashboard's speed rests on, measured: tiles, pages in a real browser, and many users at once."""
