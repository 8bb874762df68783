"""A document as one HTML file. Whatever text it holds is shown as text, and the file asks for nothing from outside.

Three guards stand one behind the other: the template engine escapes every text; figures travel as JSON without a `<`;
and the page's own content security policy names the three scripts by their digests and allows no address at all.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from dashboard.report.document import Document, Figure

_FOLDER = Path(__file__).parent
_IN_JSON = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
"""What could end a script element, or a line of one."""


def render(document: Document) -> str:
    """The document as HTML, about 5 MB: most of it is the library that draws the figures."""
    scripts = (_plotly(), _read("draw.js"))
    policy = "; ".join([
        "default-src 'none'",
        f"script-src {' '.join(map(_digest, scripts))}",
        "style-src 'unsafe-inline'",  # plotly writes styles into its drawings
        "img-src data: blob:",  # a drawing that is saved as a picture
        "base-uri 'none'",
        "form-action 'none'",
    ])  # fmt: skip
    figures = [block for part in document.sections for block in part.blocks if isinstance(block, Figure)]
    # Both are our own or plotly's text; everything else is escaped.
    trusted = {"style": Markup(_read("style.css")), "scripts": [Markup(script) for script in scripts]}  # noqa: S704
    return _template().render(document=document, policy=policy, figures=Markup(_as_json(figures)), **trusted)  # noqa: S704


def _as_json(figures: list[Figure]) -> str:
    """A list of {name, figure} that can stand in a script element."""
    plain = json.dumps([{"name": one.name, "figure": one.figure} for one in figures])
    return "".join(_IN_JSON.get(letter, letter) for letter in plain)


def _digest(script: str) -> str:
    """As a content security policy names a script. Browsers read line ends as line feeds first."""
    normal = script.replace("\r\n", "\n").replace("\r", "\n")
    return f"'sha256-{base64.b64encode(hashlib.sha256(normal.encode()).digest()).decode()}'"


@lru_cache(maxsize=1)
def _plotly() -> str:
    return str(get_plotlyjs())


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["data_uri"] = lambda csv: (
        "data:text/csv;charset=utf-8;base64," + base64.b64encode(csv.encode()).decode()
    )
    return environment.get_template("template.html")
