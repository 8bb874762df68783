"""Which slides a run is trained on. A run that goes on goes on with the same, so that its folds can be compared."""

from __future__ import annotations

from pomp.errors import RunError
from pomp.runs.run import Run
from pomp.training.bank import RegionBank
from pomp.wording import count

SLIDES_READ = "slides_read"
"""Plain data in the run folder: patient, slide and number of regions of every slide that the model reads."""

Counts = dict[tuple[str, str], int]


def keep_to_slides(run: Run, bank: RegionBank) -> None:
    """Note which slides the bank holds; once training has begun, only compare. A run that has no such note goes on.

    Raises:
        RunError: they are others than those that the run was trained on so far.
    """
    now, noted = count_regions(bank), run.read_json(SLIDES_READ)
    if noted is not None and _has_begun(run):
        before = {(patient, slide): count for patient, slide, count in noted["slides"]}
        if now != before:
            raise RunError(_describe_change(run, before, now))
        return
    run.write_json(SLIDES_READ, {"slides": [[*slide, count] for slide, count in now.items()]})


def count_regions(bank: RegionBank) -> Counts:
    """(patient, slide) → regions of every slide that could be used, sorted."""
    return {
        (patient, str(slide)): int(count)
        for patient, table in sorted(bank.tables.items())
        for slide, count in table["slide"].value_counts().sort_index().items()
    }


def _has_begun(run: Run) -> bool:
    return any((run.folder / name).is_dir() for name in ("checkpoints", "folds"))


def _describe_change(run: Run, before: Counts, now: Counts) -> str:
    changed = sorted(key for key in before.keys() | now.keys() if before.get(key, 0) != now.get(key, 0))
    patient, slide = changed[0]
    others = f" (as the first of {len(changed)} that differ)" if len(changed) > 1 else ""
    return (
        f"Run {run.id} was trained on other slides so far: slide {slide} of patient {patient} had "
        f"{count(before.get((patient, slide), 0), 'region')} then and has {now.get((patient, slide), 0)} now{others}. "
        "See in log.txt why slides are left out, put them back as they were and resume, or start a new run on what is "
        "there."
    )
