"""What the status says of several folds that are under way at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from pomp.runs.status import StageName

_STAGES: tuple[StageName, ...] = get_args(StageName)
_WORDS: dict[StageName, str] = {
    "select": "choosing genes",
    "pretrain": "pre-training",
    "finetune": "fine-tuning",
    "explain": "maps",
    "report": "plain models",
}


def together(folds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The fields of one status from those of each fold: stage, fold, epoch, epochs and message.

    The stage is that of the fold that is furthest behind, and the message tells where each stands: 'fold 1: epoch 3 of
    10; fold 2: fine-tuning, epoch 1 of 6'. One fold alone is told of as it is.
    """
    if len(folds) == 1:
        return dict(folds[0])
    stage = min((each["stage"] for each in folds), key=_STAGES.index)
    ordered = sorted(folds, key=lambda each: each["fold"])
    message = "; ".join(f"fold {each['fold'] + 1}: {_stand(each, stage)}" for each in ordered)
    return {"stage": stage, "fold": None, "epoch": None, "epochs": None, "message": message}


def _stand(fold: Mapping[str, Any], stage: StageName) -> str:
    """Where a fold stands; its stage is named where it is not the one that is told of all."""
    epoch = f"epoch {fold['epoch']} of {fold['epochs']}" if fold.get("epoch") is not None else ""
    name = "" if fold["stage"] == stage and epoch else _WORDS[fold["stage"]]
    return ", ".join(part for part in (name, epoch) if part)
