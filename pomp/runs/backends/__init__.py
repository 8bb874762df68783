"""Backends launch commands: `pomp run --run DIR`, and nothing else."""
