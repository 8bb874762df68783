"""The parts of the Patient page."""
