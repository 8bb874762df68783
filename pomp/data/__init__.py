"""A cohort folder, checked and read; who is in the analysis, and who is trained and tested in which fold."""
