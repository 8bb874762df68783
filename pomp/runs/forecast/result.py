"""What a forecast says, as plain data: JSON in and out, and nothing here needs torch."""

from __future__ import annotations

from typing import Literal

from pomp.config import Frozen


class StageTime(Frozen):
    """One stage of a run, over all folds."""

    name: str
    times: int  # how often it runs: once, or once a fold
    seconds: float  # of all times together, on one machine
    work: str  # what is done, in words


class MemoryPlan(Frozen):
    """Where the bytes of training go, and what becomes of the activations of the largest step."""

    available: int  # bytes free on the device
    states: int  # weights, gradients and Adam's two moments
    regions: int  # of all patients, as they are stored
    on_device: int  # of these, kept on the device
    on_host: int  # kept in the machine's memory beside it; what is left is read from files in every epoch
    part: int  # regions in one pass of the ViT
    parts: int  # of one step, on the device that has the most
    kept: int  # parts that keep their activations
    noted: int  # parts that note their products for a second pass; what is left is computed twice
    activations: int  # bytes of all these, and of the part that is worked on
    rest: int  # bytes of activations of all but the ViT
    problem: str = ""  # why training would run out of memory; empty where it would not

    @property
    def peak(self) -> int:
        """Bytes on the device at the worst moment of a step."""
        return self.states + self.on_device + self.activations + self.rest

    @property
    def from_files(self) -> int:
        """Bytes of regions that are read from files in every epoch."""
        return self.regions - self.on_device - self.on_host


class Growth(Frozen):
    """The same run on another number of patients, or of regions a patient."""

    what: Literal["patients", "regions"]
    factor: float
    patients: int
    regions: float
    seconds: float
    peak: int  # bytes on the device
    disk: int  # bytes


class Forecast(Frozen):
    """Time, memory, disk and cost of one run, before it is launched."""

    patients: int  # N
    regions: float  # M, of a patient, on average
    machine: str
    devices: int
    stages: tuple[StageTime, ...]
    memory: MemoryPlan
    region_files: int  # bytes
    checkpoints: int  # bytes
    price: float | None  # of a device for an hour, in the user's currency
    growth: tuple[Growth, ...]
    obstacles: tuple[str, ...] = ()  # what would end the training on this cohort
    assumptions: tuple[str, ...]

    @property
    def seconds(self) -> float:
        """Of the whole run."""
        return sum(stage.seconds for stage in self.stages)

    @property
    def device_hours(self) -> float:
        """Hours for which devices are held: all of them until the run is over."""
        return self.devices * self.seconds / 3600

    @property
    def cost(self) -> float | None:
        """In the currency of `price`; None where no price was given."""
        return None if self.price is None else self.price * self.device_hours

    @property
    def disk(self) -> int:
        """Bytes that the run writes."""
        return self.region_files + self.checkpoints
