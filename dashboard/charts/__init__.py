"""Figures from plain data. Every module has, beside a figure, the table of exactly the numbers that it shows."""
