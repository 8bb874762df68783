"""Colours and plot style of every page, legible in light and in dark mode and by people who see colours differently."""

from __future__ import annotations

import plotly.graph_objects as go

# Okabe & Ito, "Color Universal Design", 2008, but for their orange, sky blue and yellow: too light for a white page. A
# darker orange always looks like vermilion, purple or green to somebody; brown does not.
BROWN, SKY, GREEN, OLIVE = "#8C5823", "#3999EC", "#009E73", "#7C8F48"
BLUE, VERMILION, PURPLE, GREY = "#0072B2", "#D55E00", "#CC79A7", "#8A8A8A"

LOW_RISK, HIGH_RISK, EVERYBODY = BLUE, VERMILION, GREEN
SERIES = (BLUE, BROWN, GREEN, PURPLE, SKY, VERMILION, OLIVE)
"""Order in which unnamed series, such as folds, take their colours."""

OPTIONS: dict[str, str | bool | list[str]] = {
    "theme.light.primaryColor": BLUE,
    "theme.light.sidebar.primaryColor": "#006AA6",  # the side bar is darker, and what is chosen there must be read too
    "theme.dark.primaryColor": "#2F8FCB",
    "theme.dark.sidebar.primaryColor": "#4BA3DA",
    "theme.light.textColor": "#12161E",  # captions and keys have 60 % of it
    "theme.headingFontSizes": ["2.75rem", "1.75rem"],  # a page's title, and those of its parts
    "theme.metricValueFontSize": "1.6rem",
    "theme.light.linkColor": BLUE,
    "theme.dark.linkColor": SKY,
}
"""Streamlit's own options: it takes them from flags or from the environment, never from a script."""

PRIMARY_BUTTONS = (
    "<style>button[kind='primary']:enabled:not(:hover, :focus-visible) "
    f"{{ background-color: {BLUE}; border-color: {BLUE} }}</style>"
)
"""Streamlit has one primary colour: white is read on none that is itself read as text on the dark mode's page."""

MARGIN = {"l": 10, "r": 16, "t": 28, "b": 10, "pad": 8}

# Thousands as in texts: plotly writes 1550, and 12k.
_AXIS = {
    "automargin": True, "zeroline": False, "title": {"standoff": 12}, "separatethousands": True,
    "exponentformat": "none",
}  # fmt: skip

TEMPLATE = go.layout.Template(
    layout={
        "colorway": SERIES,
        "margin": MARGIN,
        "legend": {
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 1.02,
            "yanchor": "bottom",
            "title": {"text": ""},
        },
        "hovermode": "closest",
        "bargap": 0.25,
        "xaxis": {**_AXIS, "showgrid": False},
        "yaxis": _AXIS,
    }
)
"""Colours of text, grid and background are left to the page's theme, which knows whether it is light or dark."""


def with_alpha(colour: str, alpha: float) -> str:
    """'#0072B2', 0.2 → 'rgba(0, 114, 178, 0.2)'."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {alpha})"
