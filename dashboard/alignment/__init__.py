"""The parts of the Alignment page."""
