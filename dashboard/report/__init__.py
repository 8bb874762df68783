"""A run or a grid as one HTML file that needs nothing else: the pages' figures, on paper."""
