"""The selection on real TCGA tables."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pomp.config import OmicsConfig
from pomp.data.omics_table import OmicsTable
from pomp.omics import OmicsSelector
from pomp.omics.ranking import RANKINGS, SelectorName

PATIENT = slice(0, 12)
SAMPLE_TYPE = slice(13, 15)


def outcome_of(folder: Path) -> pd.DataFrame:
    clinical = pd.read_csv(folder / "clinical.csv", index_col="patient").dropna(subset=["OS", "OS.time"])
    return pd.DataFrame({"time_days": clinical["OS.time"], "event": clinical["OS"] == 1}).query("time_days >= 30")


def lihc(folder: Path) -> tuple[dict[str, OmicsTable], pd.DataFrame]:
    """mRNA z-scores and miRNA counts with normals, and the follow-up of patients who have both."""
    mrna = pd.read_csv(folder / "mrna_zscore.csv.gz", index_col=0)
    counts = pd.read_csv(folder / "mirna_counts_tumor_normal.csv.gz", index_col=0).astype(float)
    normal = counts.index.str[SAMPLE_TYPE] == "11"
    mirna = counts[~normal].rename(index=lambda barcode: barcode[PATIENT])
    mirna = mirna[~mirna.index.duplicated()].sort_index()
    tables = {
        "mrna": OmicsTable("mrna", "zscore", mrna, None),
        "mirna": OmicsTable("mirna", "counts", mirna, counts[normal]),
    }
    outcome = outcome_of(folder)
    return tables, outcome[outcome.index.isin(mrna.index) & outcome.index.isin(mirna.index)]


@pytest.mark.slow
def test_lihc(shared_data: Path) -> None:
    tables, outcome = lihc(shared_data / "tcga" / "LIHC")
    training, test = outcome.index[::2], outcome.index[1::2].tolist()
    selector = OmicsSelector(OmicsConfig()).fit(tables, outcome.loc[training])
    by_p = selector.summary_.sort_values("p_value")
    mrna, mirna = (by_p[by_p["omics"] == name] for name in ("mrna", "mirna"))
    # Proliferation marks early death in liver cancer; miR-21, -224 and -183 are up and miR-139 is down in its tumours.
    assert {"TTK", "HMMR", "PLK1", "BUB1"} & set(mrna["gene"][:20])
    direction = np.sign(mirna.set_index("gene")["statistic"])
    assert direction[["hsa-mir-21", "hsa-mir-224", "hsa-mir-183", "hsa-mir-139"]].tolist() == [1, 1, 1, -1]
    assert mirna["contrast"].iloc[0].endswith("vs normal (22)")  # 28 are of patients whom the training half leaves out

    matrix = selector.transform(tables, test)
    assert matrix.values.shape == (len(test), 2, 300)
    assert matrix.present.all()
    assert np.isfinite(matrix.values).all()
    again = OmicsSelector.from_json(json.loads(json.dumps(selector.to_json()))).transform(tables, test)
    np.testing.assert_array_equal(again.values, matrix.values)


@pytest.mark.slow
@pytest.mark.parametrize("selector", RANKINGS)
def test_every_selector_finds_proliferation_in_lihc(shared_data: Path, selector: SelectorName) -> None:
    tables, outcome = lihc(shared_data / "tcga" / "LIHC")
    config = OmicsConfig(genes=50, candidates=300, selector=selector)
    summary = OmicsSelector(config).fit({"mrna": tables["mrna"]}, outcome).summary_
    assert len({"TTK", "HMMR", "PLK1", "BUB1", "CDC20", "CCNB1"} & set(summary["gene"][summary["selected"]])) >= 2


@pytest.mark.slow
def test_an_outlier_of_thousands_does_not_flatten_its_gene(shared_data: Path) -> None:
    tables, outcome = lihc(shared_data / "tcga" / "LIHC")
    mrna = tables["mrna"].values
    varied = mrna.quantile(0.9) - mrna.quantile(0.1) > 0.5  # some genes are silent in nearly all patients
    wild = mrna.columns[(mrna.max() > 100) & varied].tolist()
    assert len(wild) > 5, "the table is known for them"
    assert (mrna[wild].quantile(0.9) - mrna[wild].quantile(0.1) < 0.35 * mrna[wild].std()).all()
    table = {"mrna": OmicsTable("mrna", "zscore", mrna[wild], None)}
    selector = OmicsSelector(OmicsConfig(trees=5)).fit(table, outcome)
    values = selector.transform(table, outcome.index.tolist()).values[:, 0, : len(wild)]
    assert (np.quantile(values, 0.9, axis=0) - np.quantile(values, 0.1, axis=0) > 0.4).all()
