"""The first lines of the Reproduce page: what can be said from the runs at hand, and nothing else."""

from __future__ import annotations

import streamlit as st

from dashboard.elements import plain
from pomp.evaluation.uncertainty import signed
from pomp.runs.grid.reproduction import Nearness, Optimism, Reproduction


def show_verdict(found: Reproduction) -> None:
    """The sentences, in a box."""
    with st.container(border=True):
        st.markdown("\n\n".join(plain(line) for line in sentences(found)))


def sentences(found: Reproduction) -> list[str]:
    """How many of the published numbers have a run, how near these come, and what the protocol is worth there."""
    if not found.filled:
        return [f"None of the {found.published} published C-indices of Tables 1 and 2 has a finished run here."]
    return [_coverage(found), *_nearness(found), *([_optimism(found.optimism)] if found.optimism else [])]


def _coverage(found: Reproduction) -> str:
    places = [f"{cohort} {row}" for cohort, row in found.filled]
    named = f" ({', '.join(places)})" if len(places) <= 4 else ""
    said = f"{len(found.filled)} of the {found.published} published C-indices of Tables 1 and 2 "
    said += f"{'has' if len(places) == 1 else 'have'} a finished run here{named}."
    said += f" With slides, as all of the paper's: {len(found.with_slides)}."
    return said + f" With exactly the settings chosen below: {len(found.as_asked)}; the others deviate, see † below."


def _nearness(found: Reproduction) -> list[str]:
    """Protocols beside each other, on the places that all of them have."""
    if not found.near:
        return ["No published number has a run under each of the protocols that were used here, so that they cannot be "
                "compared with each other."]  # fmt: skip
    numbers = "one number" if len(found.compared) == 1 else f"{len(found.compared)} numbers"
    on = f"On the {numbers} that {'all of them' if len(found.near) > 2 else 'both'} have"
    if len(found.near) == 1:
        (only,) = found.near
        return [
            f"Only the protocol {only.protocol} was used: ours minus published is {signed(only.difference)} on average."
        ]
    differences = ", ".join(f"{signed(one.difference)} under {one.protocol}" for one in found.near)
    return [f"{on}, ours minus published is on average {differences}: {_nearest(found.near)}."]


def _nearest(near: tuple[Nearness, ...]) -> str:
    best = min(near, key=lambda one: one.distance)
    return f"{best.protocol} comes nearest, {best.distance:.3f} away"


def _optimism(found: Optimism) -> str:
    where = "one number" if found.places == 1 else f"{found.places} numbers"
    limits, gap = found.interval, found.paper_above_honest
    said = (
        f"Optimism, on the {where} run under both protocols on the same folds: paper-released less honest is "
        f"{signed(found.added)} (95 % interval {signed(limits.lower)} to {signed(limits.upper)}), and published less "
        f"honest is {signed(gap)}"
    )
    if gap <= 0:
        return f"{said}: here an honest run already reaches what the paper prints."
    if not found.told_apart:
        return (
            f"{said}. Nowhere among them can the two protocols be told apart once the choice of training patients "
            "counts too: what the protocol adds to the paper's numbers stays open."
        )
    if gap < limits.lower:
        return f"{said}: the protocol alone adds more than parts the paper from an honest run."
    if gap <= limits.upper:
        # The interval is of our test patients alone: nothing is known of the paper's.
        return f"{said}, within that interval: what the protocol adds here is about what parts the paper from us."
    return f"{said}: the protocol alone does not account for the difference."
