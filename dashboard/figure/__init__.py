"""Figures on a page: drawn by plotly once they can be seen, in the page's colours, and clicked."""
