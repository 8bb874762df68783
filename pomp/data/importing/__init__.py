"""What TCGA, Xena, the GDC or a hospital gives → a cohort folder: scanned, planned, written, checked."""
