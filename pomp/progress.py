"""How long work reports that it moves on."""

from collections.abc import Callable

OnProgress = Callable[[int, int, str], None]
"""Called with (done, total, what): how many of how many units are finished, and what is being done."""
