"""Grids of runs: cohorts × protocols × variants × seeds, described by a small file and filled cell by cell."""
