"""Errors a user can act on: every message names the file, row or patient, quotes the value, and says what to do."""


class PompError(Exception):
    """Anything a user can act on. Pages and the command line show its text, never a traceback."""


class CohortError(PompError):
    """A cohort folder cannot be used. `problems` holds every problem found, not only the first."""

    def __init__(self, message: str, problems: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems


class SlideError(PompError):
    """A slide cannot be opened or holds no tissue."""


class ConfigError(PompError):
    """A setting is unknown, out of range, or does not fit the cohort."""


class TrainingError(PompError):
    """Training cannot go on, for example because a loss is not finite or a fold has no events."""


class CheckpointError(PompError):
    """No intact checkpoint could be read."""


class RunError(PompError):
    """A run folder is missing, damaged, or in a state that does not allow the request."""


class RunBusyError(RunError):
    """Another worker holds the run's lock."""


class QueueFullError(RunError):
    """The queue takes no further run."""
