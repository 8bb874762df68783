"""The region that is chosen: its scores by every map, and the genes that tie it to each omics type."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.elements import save_table
from dashboard.slide.maps import SlideMaps
from dashboard.slide.words import name_place, origin_of_size
from dashboard.viewer import RegionMap

NO_REGION = "Click a region on the slide, or one of the pictures, to see its scores and genes."


def show_region(found: SlideMaps, chosen: int | None) -> None:
    """What is known of a region, by its position (iloc)."""
    st.header("Region")
    if found.lack:
        st.info(found.lack)
    if not found.size_stated and found.regions["size"].notna().all():
        st.caption(origin_of_size(float(found.regions["size"].iloc[0])))
    if chosen is None:
        st.caption(NO_REGION)
        return
    region = found.regions.iloc[chosen]
    st.markdown(f"Region {chosen + 1}: {name_place(region, chosen + 1)}")
    scores = region_scores(found, chosen)
    st.dataframe(
        scores.assign(Score=[one.write(chosen) for one in _scored(found, chosen)]),
        hide_index=True, alt="Scores of the region",
        column_config={
            "Rank": st.column_config.NumberColumn(
                help=f"1 is the strongest of {len(found.regions):,} regions. The effect on the risk counts whichever "
                "its sign."
            ),
        },
    )  # fmt: skip
    save_table(scores, "region-scores")
    if found.genes is not None or not found.lack:
        _show_genes(found, chosen)


def region_scores(found: SlideMaps, chosen: int) -> pd.DataFrame:
    """A row a map: Map, Score, Rank among the slide's regions; maps without a score for the region are left out."""
    rows = [(one.of_score or one.scale.title, one.scores[chosen], _rank(one, chosen)) for one in _scored(found, chosen)]
    return pd.DataFrame(rows, columns=["Map", "Score", "Rank"])


def _scored(found: SlideMaps, chosen: int) -> list[RegionMap]:
    """The maps with a score for the region; not those of patches, whose score is that of the attention."""
    return [one for one in found.maps if pd.notna(one.scores[chosen]) and not one.patches]


def tied_genes(genes: pd.DataFrame, chosen: int) -> pd.DataFrame:
    """Omics, Gene, Pull of a region, by its position; the strongest of each omics type first, whichever its sign."""
    own = genes[genes["region"] == chosen]
    own = own.assign(strength=own["weight"].abs()).sort_values(["type", "strength"], ascending=[True, False])
    return own[["type", "gene", "weight"]].set_axis(["Omics", "Gene", "Pull"], axis=1).reset_index(drop=True)


def _rank(one: RegionMap, chosen: int) -> int:
    scores = pd.Series(one.scores)
    strength = scores.abs() if one.scale.diverging else scores
    return int(strength.rank(ascending=False, method="min").iloc[chosen])


def _show_genes(found: SlideMaps, chosen: int) -> None:
    st.markdown("**Genes tied to the region**")
    if found.genes is None:
        st.caption(
            "This run has not kept which genes are tied to regions: it read no omics, or was made by an earlier "
            "version. Train again to see them."
        )
        return
    tied = tied_genes(found.genes, chosen)
    if tied.empty:
        st.caption("This patient has no omics data.")
        return
    st.dataframe(
        tied, hide_index=True, alt="Genes tied to the region",
        column_config={
            "Pull": st.column_config.NumberColumn(
                format="%+.2f",
                help="By how much the gene's value in this patient moves the match of its omics type with the region, "
                "compared with an average value. Unit: logit of the attention.",
            )
        },
    )  # fmt: skip
    save_table(tied, "region-genes")
    st.caption(
        "Tied: of each omics type, the genes whose values push its match with this region most, up (+) or down (−). "
        "It tells how the model connects profile and tissue. It does not say that the gene is expressed here, nor what "
        "it does to the risk."
    )
