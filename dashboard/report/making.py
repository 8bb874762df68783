"""How a run was made and how to make it again: settings, versions, digests, commands, time and device."""

from __future__ import annotations

import shlex

import pandas as pd

from dashboard.report.document import Block, Code, Section, section, table, text
from dashboard.training.fields import find_field
from dashboard.training.words import LABELS
from dashboard.words import duration, setting_words
from pomp.config import PRESETS
from pomp.runs.command import flatten
from pomp.runs.info_sheet.facts import RunFacts


def settings_section(facts: RunFacts) -> Section:
    """What differs from the preset first, then every setting."""
    base = flatten(PRESETS[facts.preset].model_dump(mode="json"))
    changed = [
        (LABELS.get(path, path), path, *map(setting_words, (value, base[path])), find_field(path).description or "")
        for path, value in facts.changes.items()
    ]
    blocks: list[Block] = [text(f"Preset: {facts.preset}. Everything that is not named here is as the preset has it.")]
    if changed:
        columns = ["what", "setting", "here", f"preset {facts.preset}", "what it is"]
        blocks.append(table(pd.DataFrame(changed, columns=columns), name="settings-changed"))
    else:
        blocks.append(text("No setting differs from the preset."))
    settings = flatten(facts.run.config.model_dump(mode="json"))
    everything = [(path, setting_words(value)) for path, value in settings.items()]
    blocks.append(table(pd.DataFrame(everything, columns=["setting", "value"]), name="settings", folded="All settings"))
    return section("settings", "Settings", blocks)


def making_section(facts: RunFacts) -> Section:
    """Commands, versions, digests, seed, time and device."""
    info, status = facts.run.info, facts.status
    seconds, threads = facts.run.seconds(), facts.run.read_json("threads")
    rows = [
        ("run", info.id),
        ("made (UTC)", info.created[:19].replace("T", " ")),
        ("seed", str(info.seed)),
        ("settings (SHA-256, first 12)", info.config_digest),
        ("files of the cohort (SHA-256, first 16)", info.cohort.digest),
        ("folds (SHA-256, first 16)", info.splits_digest),
        *((f"files of {other.title}, which joins the pre-training", other.digest) for other in info.companions),
        ("device", status.device or "not recorded"),
        ("threads of each worker", str(threads["threads"]) if threads and "threads" in threads else "not recorded"),
        ("time worked on", "not recorded" if seconds is None else duration(seconds)),
    ]
    where = shlex.quote(f"runs/{info.id}")
    again = "\n".join([info.command, f"pomp report {where} --html report.html --sheet sheet.md"])
    versions = pd.DataFrame(info.versions.items(), columns=["package", "version"])
    return section("making", "How to make it again", [
        text("In a workspace with the same cohort; the first line makes the run, the second this report of it."),
        Code(again),
        table(pd.DataFrame(rows, columns=["what", "value"])),
        text("Versions that made the run:"),
        table(versions, name="versions"),
    ])  # fmt: skip
