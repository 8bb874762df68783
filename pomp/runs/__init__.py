"""Runs: their folders, the queue, the worker, and the backends that launch it."""
