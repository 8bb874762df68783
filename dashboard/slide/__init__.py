"""The parts of the Slide page, around the viewer."""
