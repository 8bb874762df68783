"""The tables that the Slide page reads: what regions have to do with a patient's risk and omics."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch

from pomp.explain.attention import alignment, cls_attention
from pomp.explain.gene_rows import gene_names
from pomp.explain.occlusion import occlusion, occlusion_blocks
from pomp.explain.patches import scale_to_bytes, watching_patches
from pomp.explain.reading import Reading, read_patients
from pomp.explain.region_genes import tied_genes
from pomp.model import Pomp
from pomp.omics.matrix import OmicsMatrix
from pomp.progress import OnProgress
from pomp.training.batches import PatientData, region_batches
from pomp.training.device import Compute

REGION = ["slide", "index", "row", "column"]
"""What a table says of which region a row is about, beside the patient."""


def explain_regions(
    model: Pomp,
    data: PatientData,
    omics: OmicsMatrix,
    patients: Sequence[str],
    compute: Compute,
    on_progress: OnProgress,
) -> dict[str, pd.DataFrame]:
    """Tables by name, of the patients that have regions; each says patient, slide, index, row and column.

    Slide and index, the region's place in the slide's file, are what regions are joined on: several may share a row and
    column (see `RegionBank.table`).

    `regions`, a row a region: x, y, size (level-0 pixels; NaN where features have no coordinates, whose row and column
    are then 0 and mean nothing), size_stated (False where the size is told by the distance of the regions),
    cls_attention (sums to 1 over a patient), occlusion (log relative hazard, positive raises the risk), left_out (how
    many regions were left out together for that, 1 but for patients with very many), and alignment_<type> for each
    omics type.

    `within`, where regions are pixels: attention, a list of (side / patch)² bytes, row by row, of `received_attention`;
    255 is the region's strongest patch.

    `region_genes`, where slides and omics are read, the rows of `tied_genes`: type, gene, weight.

    A table without any row may be without columns.

    Args:
        omics: whose types and genes the data holds.
        on_progress: called after each patient; what it raises ends the work.
    """
    there = [patient for patient in patients if len(data.regions.table(patient))]
    parts: dict[str, list[pd.DataFrame]] = {"regions": []}
    if data.regions.features is None:
        parts["within"] = []
    if model.modalities == "both":
        parts["region_genes"] = []
    with watching_patches(model.pathology.embedding) as patches:
        for reading in read_patients(model, data, ([patient] for patient in there), compute):
            (patient,) = reading.batch.patients
            table = data.regions.table(patient)
            places = table[REGION].reset_index(drop=True)
            places.insert(0, "patient", patient)
            parts["regions"].append(_maps(model, reading, table, omics.types))
            if "within" in parts:
                parts["within"].append(places.assign(attention=list(scale_to_bytes(torch.cat(patches)).cpu().numpy())))
                patches.clear()
            if "region_genes" in parts:
                parts["region_genes"].append(_tied_genes(model, reading, places, omics))
            on_progress(len(parts["regions"]), len(there), f"Maps of {patient}")
    return {name: _together(tables) for name, tables in parts.items()}


def region_attention(
    model: Pomp, data: PatientData, patients: Sequence[str], compute: Compute, on_progress: OnProgress
) -> pd.DataFrame:
    """Columns patient, slide, index, row, column, cls_attention as in `explain_regions`, of patients tested or not.

    Args:
        on_progress: called after each batch of patients; what it raises ends the work.
    """
    there = [patient for patient in patients if len(data.regions.table(patient))]
    tables: list[pd.DataFrame] = []
    done = 0
    for batch, embedded, _ in read_patients(model, data, region_batches(data, there), compute):
        own = [data.regions.table(patient)[REGION] for patient in batch.patients]
        table = pd.concat(own, ignore_index=True)
        table.insert(0, "patient", np.repeat(np.array(batch.patients, dtype=object), list(map(len, own))))
        attention = cls_attention(model.pathology, embedded, batch.coordinates, batch.layout)
        tables.append(table.assign(cls_attention=attention.cpu().numpy()))
        done += len(batch.patients)
        on_progress(done, len(there), "Attention of the training patients' regions")
    return _together(tables)


def _together(tables: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


@torch.no_grad()
def _maps(model: Pomp, reading: Reading, regions: pd.DataFrame, types: Sequence[str]) -> pd.DataFrame:
    batch, embedded, pathology = reading
    omics = model.encode_omics(batch.values, batch.present)
    blocks = occlusion_blocks(regions)
    table = regions.drop(columns="file").assign(patient=batch.patients[0])
    table["cls_attention"] = cls_attention(model.pathology, embedded, batch.coordinates, batch.layout).cpu().numpy()
    effect = occlusion(model, embedded, batch.coordinates, omics, torch.from_numpy(blocks).to(embedded.device))
    table["occlusion"], table["left_out"] = effect.cpu().numpy(), np.bincount(blocks)[blocks]
    if model.modalities == "both":
        aligned = alignment(model, pathology, omics, batch).cpu().numpy()
        table[[f"alignment_{name}" for name in types]] = aligned
    return table


def _tied_genes(model: Pomp, reading: Reading, places: pd.DataFrame, omics: OmicsMatrix) -> pd.DataFrame:
    """A row a gene, region and omics type that the patient has."""
    genes, weights = (part.cpu().numpy() for part in tied_genes(model, reading))  # (T, M, n)
    there = reading.batch.present[0].cpu().numpy()[:, None] & omics.gene_mask  # (T, G)
    kind, region, _ = listed = np.take_along_axis(there[:, None], genes, axis=2).nonzero()
    table = places.iloc[region].reset_index(drop=True)
    table["type"] = np.array(omics.types, dtype=object)[kind]
    table["gene"] = gene_names(omics)[kind, genes[listed]]
    return table.assign(weight=weights[listed])
