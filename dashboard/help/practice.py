"""Keys, commands and where things lie."""

from __future__ import annotations

from dashboard.help.entry import Entry

KEYS = (
    Entry("Arrow keys", "Move the slide. Click on it first, or reach it with the Tab key.", "pan"),
    Entry("`+` and `-`", "Zoom in and out.", "zoom"),
    Entry("`0`", "The whole slide.", "home"),
    Entry("`[` and `]`", "The next stronger and the next weaker region.", "region"),
    Entry("`o`", "The overlay on or off.", "map"),
    Entry("`g`", "The grid on or off.", "raster"),
    Entry("`?`", "The list of keys."),
)
"""Of the slide viewer."""

COMMANDS = (
    Entry("`pomp demo`", "Puts the bundled cohorts and finished runs into the workspace and opens the dashboard."),
    Entry("`pomp dashboard`", "Opens the dashboard on the workspace; `--home FOLDER` takes another one."),
    Entry("`pomp cohort check FOLDER`", "Lists every problem of a cohort folder with file, row and value.", "import"),
    Entry("`pomp cohort import`", "Makes a cohort folder from tables, an export of UCSC Xena, or GDC downloads."),
    Entry("`pomp prepare COHORT`", "Cuts slides into regions and chooses the genes of every fold. Nothing is trained."),
    Entry("`pomp plan COHORT`", "Forecasts time, memory, disk and cost. Nothing is launched.", "forecast estimate"),
    Entry(
        "`pomp run COHORT --preset honest`",
        "Everything, from slides to out-of-fold risks. `--set pretrain.epochs=50` changes one setting; "
        "`--show-config` lists them all; `--run FOLDER` goes on with a run.",
        "train resume",
    ),
    Entry("`pomp report FOLDER`", "The C-index of a finished run by fold, beside plain models."),
    Entry("`pomp ablate GRID`", "Fills a grid of cohorts, protocols, variants and seeds.", "ablation"),
    Entry(
        "`pomp tune GRID COHORT`",
        "Chooses settings by the training patients alone, then reads the test folds once. To choose them by the "
        "C-index on test folds is to report the luckiest.",
        "nested cross-validation hyperparameters",
    ),
)
"""Each tells more with `--help`."""


def places(root: str) -> tuple[Entry, ...]:
    """Where things lie in the workspace.

    Args:
        root: the workspace, as Markdown.
    """
    return (
        Entry("The workspace", f"{root}. Another: `--home FOLDER`, or the variable `POMP_HOME`."),
        Entry("`cohorts/`", "A folder a cohort: `cohort.toml`, `clinical.csv`, the tables, `slides.csv`.", "data"),
        Entry(
            "`runs/`",
            "A folder a run, with all that is known of it: `run.json` what it is, `status.json` how it stands, "
            "`metrics.jsonl` its losses, `log.txt`, `predictions.parquet` the out-of-fold risks, `attention/` the "
            "maps. Pages read nothing else: a refresh, another browser, a restarted server find it all again.",
            "results backup",
        ),
        Entry("`cache/`", "What runs have in common. It may be deleted at any time, and is made again.", "disk space"),
        Entry("`queue/`", "What waits and what is worked on, on this machine."),
    )
