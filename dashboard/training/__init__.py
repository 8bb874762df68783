"""The parts of the Train page: settings, the plan, and runs under way."""
