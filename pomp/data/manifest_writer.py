"""A `Manifest` as cohort.toml."""

from __future__ import annotations

import json
from pathlib import Path

from pomp.data.manifest import MANIFEST, Manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write cohort.toml into `folder`; `read_manifest` gives back an equal `Manifest`."""
    content = manifest.model_dump(mode="json", exclude_none=True)
    omics = content.pop("omics")
    slides = content.pop("slides", None)
    blocks = [_block("", content)]
    blocks += [_block(f"[omics.{_text(name)}]\n", entry) for name, entry in omics.items()]
    if slides is not None:
        blocks.append(_block("[slides]\n", slides))
    (folder / MANIFEST).write_text("\n".join(blocks), encoding="utf-8")


def _block(head: str, values: dict[str, str | bool]) -> str:
    return head + "".join(f"{key} = {_text(value)}\n" for key, value in values.items())


def _text(value: str | bool) -> str:
    """JSON writes strings and truth values as TOML does, once the one control character it leaves alone is escaped."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
