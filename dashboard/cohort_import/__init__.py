"""A new cohort: where its files are, what was recognised in them, and how it is written."""
