"""The parts of the Help page."""
