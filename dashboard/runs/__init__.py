"""The parts of the Runs page: all runs, what differs between some of them, and the ablation grids."""
