"""The parts of the Runs page: all runs, what differs between some of them, the ablation grids, and what
chance gives."""
