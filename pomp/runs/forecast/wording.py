"""What a memory plan means, in words."""

from __future__ import annotations

from pomp.runs.forecast.result import MemoryPlan


def activations_in_words(plan: MemoryPlan) -> str:
    """What becomes of the activations of the largest step."""
    if not plan.parts:
        return "No region is read, and so no activations of the ViT are kept."
    whole = (
        f"A step goes through the ViT in {plan.parts:,} part{'s' if plan.parts > 1 else ''} of {plan.part:,} regions"
    )
    twice = plan.parts - plan.kept - plan.noted
    if plan.kept == plan.parts:
        return f"{whole}, and there is room for all their activations: nothing is computed twice."
    fates = {
        "activations are kept of": plan.kept,
        "products for a cheaper second pass of": plan.noted,
        "nothing, so that all is computed twice, of": twice,
    }
    return f"{whole}: {', '.join(f'{fate} {count:,}' for fate, count in fates.items() if count)}."


def regions_in_words(plan: MemoryPlan) -> str:
    """Where the regions of all patients stay."""
    if not plan.regions:
        return "There are no regions to be kept."
    places = {"on the device": plan.on_device, "in the memory beside it": plan.on_host}
    pieces = [f"{_size(size)} stay {where}" for where, size in places.items() if size]
    if plan.from_files:
        pieces.append(f"{_size(plan.from_files)} are read from their files in every epoch")
    return f"Of {_size(plan.regions)} of regions, {', '.join(pieces)}."


def _size(size_bytes: int) -> str:
    """'2.95 GB', '4.27 MB'."""
    return f"{size_bytes / 1e9:.3g} GB" if size_bytes >= 10**9 else f"{size_bytes / 1e6:.3g} MB"
