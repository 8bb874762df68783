"""What a run, a cohort or a state is, on one line: words and coloured badges, with one question mark for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import streamlit as st

from dashboard.elements import plain
from dashboard.words import PROTOCOLS, STATES
from pomp.config import ProtocolName
from pomp.runs.null import is_null
from pomp.runs.run import Run
from pomp.runs.system_name import is_pomp, system_name
from pomp.wording import count

_GAP: Final = "\N{EN SPACE} "


@dataclass(frozen=True)
class Badge:
    """A word or two on a ground of their own."""

    says: str
    """No text from data."""
    colour: str
    """By Streamlit's name."""
    icon: str = ""
    explain: str = ""

    def __str__(self) -> str:
        """In Streamlit's Markdown."""
        return f":{self.colour}-badge[{self.icon} {self.says}]"


def say_line(parts: Sequence[str | Badge], *, width: Literal["stretch", "content"] = "stretch") -> None:
    """Markdown and badges side by side, as a single element: each element of a page takes its time at every click."""
    explained = [f"- **{part.says}**: {part.explain}" for part in parts if isinstance(part, Badge) and part.explain]
    st.markdown(_GAP.join(map(str, parts)), help="\n".join(explained) or None, width=width)


def quiet(text: str) -> str:
    """Text for such a line that stands back, as a caption does."""
    return f":small[:gray[{plain(text)}]]"


def say_run(run: Run, *, of_patient: bool = False) -> None:
    """What the run is a run of; `of_patient` where the page shows a patient's risk."""
    info = run.info
    folds = " · folds of whole hospitals" if run.config.folds_by == "sites" else ""
    made = info.created[:16].replace("T", " ")
    cohort = plain(info.cohort.title)
    titles = [f"**{plain(info.title)}**", cohort] if info.title else [f"**{cohort}**"]
    badges = [
        *([SYNTHETIC] if info.cohort.synthetic else []),
        *([DEALT_ANEW] if is_null(run) else []),
        *of_system(run),
        of_protocol(info.protocol),
    ]
    said = quiet(f"{count(info.cohort.patients, 'patient')}{folds} · made {made} UTC")
    say_line([*titles, *badges, said, *([RESEARCH_USE_ONLY] if of_patient else [])])


def of_system(run: Run) -> list[Badge]:
    """Which system was trained, where it is not POMP."""
    if is_pomp(run.config):
        return []
    name = system_name(run.config)
    explain = (
        f"not POMP. The model of this run is {name}, a system that POMP is compared with, trained on the same patients "
        "and folds."
    )
    return [Badge(name, "blue", ":material/hub:", explain)]


def of_protocol(protocol: ProtocolName) -> Badge:
    """The rules under which a run was made."""
    return Badge(protocol, "green" if protocol == "honest" else "orange", explain=PROTOCOLS[protocol])


def of_state(state: str) -> Badge:
    """The state of a run."""
    label, colour, icon = STATES[state]
    return Badge(label, colour, icon)


SYNTHETIC: Final = Badge("synthetic", "violet", ":material/science:", "made by a program: no patient is real.")
DEALT_ANEW: Final = Badge(
    "outcomes dealt anew", "red", ":material/shuffle:",
    "a null experiment. Each patient has the survival of another, so that nothing can be predicted. No number of this "
    "run is a result; it shows what the protocol makes of chance.",
)  # fmt: skip
RESEARCH_USE_ONLY: Final = Badge(
    "Research use only", "red", ":material/warning:",
    "not a medical device. These numbers must not guide the treatment of any patient.",
)  # fmt: skip
