"""Pages opened without a browser, and what they say."""

from __future__ import annotations

import base64
import json
import re
import zlib
from pathlib import Path
from typing import Any

import pandas as pd
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

import dashboard
from dashboard.elements import plain, run_label
from pomp.markdown import WORD_JOINER
from pomp.runs.run import Run

APP = Path(dashboard.__file__).parent / "app.py"


def open_page(name: str, **chosen: str | Run) -> AppTest:
    """A page, as its address opens it."""
    app = AppTest.from_file(str(APP), default_timeout=60)
    for key, value in chosen.items():
        app.query_params[key] = run_label(value) if isinstance(value, Run) else value
    app.run()
    if name != "start":
        app.switch_page(f"views/{name}.py").run()
    assert not app.exception, [error.value for error in app.exception]
    return app


def figures(app: AppTest) -> list[dict[str, Any]]:
    """What the browser is given of each figure: its `name`, its `alt`, the `figure` itself and more."""
    protos = [element.proto for element in app.get("bidi_component")]
    return [unpack(proto.json) for proto in protos if proto.component_name == "pomp_figure"]


def unpack(sent: str) -> dict[str, Any]:
    """As the browser does it."""
    given = json.loads(sent)
    return given | {"figure": json.loads(zlib.decompress(base64.b64decode(given["figure"])))}


def words(app: AppTest) -> str:
    """All that the page says, Markdown's escapes taken out."""
    kinds = ("title", "header", "markdown", "caption", "error", "warning", "info", "success", "code", "text")
    parts = [str(element.value) for kind in kinds for element in getattr(app, kind)]
    parts += [f"{metric.label}: {metric.value}" for metric in app.metric]
    return re.sub(r"\\(.)", r"\1", "\n".join(parts))


def patient_shown(app: AppTest) -> str:
    """On the Patient page, by the address and the line of buttons alike."""
    name = str(app.query_params["patient"])
    assert f"**{plain(name)}**" in [text.value for text in app.markdown]
    return name


def small_tables(app: AppTest) -> list[pd.DataFrame]:
    """Those that are text, as they are read."""
    written = [element.value for element in app.markdown if str(element.value).startswith("| ")]
    return [_read_table(str(text).partition("\n\n")[0]) for text in written]


def _read_table(text: str) -> pd.DataFrame:
    lines = [re.split(r"(?<!\\) \| ", line.strip("|").strip(" ") + " ") for line in text.split("\n")]
    read = [[read_letters(cell.strip()) for cell in line] for line in lines]
    return pd.DataFrame(read[2:], columns=read[0])


def read_letters(text: str) -> str:
    """Without Markdown's escapes, and what holds words apart or together."""
    return re.sub(r"\\(.)", r"\1", text).replace(WORD_JOINER, "").replace("\N{NO-BREAK SPACE}", " ")


def widths(block: Block) -> list[int]:
    """In pixels, of a part of a page and of all in it; 0 where none is given."""
    inner = [one for one in block.children.values() if isinstance(one, Block)]
    own = block.proto.width_config.pixel_width if block.proto is not None else 0
    return [own, *(width for one in inner for width in widths(one))]
