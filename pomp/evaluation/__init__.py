"""How good a risk is: concordance (Eq. 16), curves, calibration, intervals, and the report of a run."""
