"""Backends launch commands: `pomp run --as-queued --run DIR`, and nothing else. `choice` says which backend does."""
