"""What a survival endpoint is called on the pages."""

from __future__ import annotations

from dataclasses import dataclass

_CAUSE_SPECIFIC = (
    "the Kaplan–Meier curve is the cause-specific one, and overstates how many meet the event where many die of other "
    "causes."
)
_CENSORED = f"Patients who died of something else count as censored here: {_CAUSE_SPECIFIC}"
_PERHAPS_CENSORED = f"Where patients who died of something else count as censored, {_CAUSE_SPECIFIC}"


@dataclass(frozen=True)
class Endpoint:
    """Words for an endpoint: its name, its events, and what the patients without one are."""

    name: str
    event: str
    events: str
    free: str
    ended: str
    """What ends a patient's follow-up, as in 'who died or were lost'."""
    competing: str
    """What a reader of a Kaplan-Meier curve must know of deaths that are no event; empty where every death is one."""
    other_death: str = ""
    other_deaths: str = ""
    """What such a death is called; empty where every death is an event."""

    @property
    def estimate(self) -> str:
        """What a Kaplan-Meier curve shows: a share of patients only where no other death comes in between."""
        return f"Kaplan–Meier estimate, {self.free}" if self.competing else f"Share of patients {self.free}"

    def count(self, events: int) -> str:
        """'1 death', '12 deaths'."""
        return f"{events:,} {self.event if events == 1 else self.events}"


_KNOWN = {
    "OS": Endpoint("overall survival", "death", "deaths", "alive", "died or were lost", ""),
    "DSS": Endpoint(
        "disease-specific survival", "death of the disease", "deaths of the disease", "not dead of the disease",
        "died or were lost", _CENSORED, "death of another cause", "deaths of other causes",
    ),
    "PFI": Endpoint(
        "progression-free interval", "progression", "progressions", "free of progression",
        "progressed, died or were lost", _CENSORED, "death without progression", "deaths without progression",
    ),
    "DFI": Endpoint(
        "disease-free interval", "relapse", "relapses", "free of the disease", "relapsed, died or were lost",
        _CENSORED, "death without relapse", "deaths without relapse",
    ),
}  # fmt: skip


def describe_endpoint(endpoint: str) -> Endpoint:
    """The words for an endpoint as cohort.toml names it; others keep their name, and their events are events."""
    return _KNOWN.get(
        endpoint,
        Endpoint(
            endpoint,
            "event",
            "events",
            "free of the event",
            "had the event or were lost",
            _PERHAPS_CENSORED,
            "death without the event",
            "deaths without the event",
        ),
    )
