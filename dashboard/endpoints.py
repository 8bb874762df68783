"""What a survival endpoint is called on the pages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Endpoint:
    """Words for an endpoint: its name, its events, and what the patients without one are."""

    name: str
    event: str
    events: str
    free: str

    def count(self, events: int) -> str:
        """'1 death', '12 deaths'."""
        return f"{events} {self.event if events == 1 else self.events}"


_KNOWN = {
    "OS": Endpoint("overall survival", "death", "deaths", "alive"),
    "DSS": Endpoint("disease-specific survival", "death", "deaths", "not dead of the disease"),
    "PFI": Endpoint("progression-free interval", "progression", "progressions", "free of progression"),
    "DFI": Endpoint("disease-free interval", "relapse", "relapses", "free of the disease"),
}


def describe_endpoint(endpoint: str) -> Endpoint:
    """The words for an endpoint as cohort.toml names it; others keep their name, and their events are events."""
    return _KNOWN.get(endpoint, Endpoint(endpoint, "event", "events", "free of the event"))
