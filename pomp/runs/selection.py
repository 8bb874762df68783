"""The omics that a fold of a run reads: genes chosen and scaled, by one cohort or by several in one vocabulary."""

from __future__ import annotations

import pandas as pd

from pomp.omics import OmicsMatrix, OmicsSelector, SelectionCache, Vocabulary
from pomp.progress import OnProgress
from pomp.runs.company import Company, Member
from pomp.runs.run import Run
from pomp.training.fold_names import fold_name


class Selection:
    """Selections of a run, kept in its folder as soon as they are made; those of its companions, in the cache.

    Every cohort chooses genes on its own training patients. With companions all are read by one model, in the
    vocabulary of all that was chosen.
    """

    def __init__(self, run: Run, company: Company) -> None:
        self.run, self.company = run, company

    def is_made(self, fold: int) -> bool:
        """The run folder holds the genes of this fold, which need not be chosen again."""
        name = self._name(fold)
        made = self.run.read_json(f"selectors/{name}") is not None and self.run.table(f"selectors/{name}") is not None
        return made and (not self.company.others or self.run.read_json(f"vocabularies/{name}") is not None)

    def matrices(self, fold: int, on_progress: OnProgress) -> list[OmicsMatrix]:
        """Omics of all patients of the run's cohort, then of each companion, fitted on who may be seen in this fold.

        Raises:
            TrainingError: genes cannot be chosen; see `OmicsSelector.fit`.
            RunError: the run folder or the cache is damaged or could not be written.
        """
        own = self.company.own
        chosen = self._chosen(fold, on_progress)
        if not self.company.others:
            return [chosen.transform(own.cohort.omics, own.cohort.patients)]
        vocabulary, wide = self._vocabulary(fold, chosen, on_progress)
        selectors = [wide, *(self._wide(member, fold, vocabulary) for member in self.company.others)]
        members = [own, *self.company.others]
        return [
            vocabulary.arrange(selector.transform(member.cohort.omics, member.cohort.patients))
            for selector, member in zip(selectors, members, strict=True)
        ]

    def _chosen(self, fold: int, on_progress: OnProgress) -> OmicsSelector:
        """By the run's own cohort."""
        name = self._name(fold)
        saved = self.run.read_json(f"selectors/{name}")
        if saved is not None and self.run.table(f"selectors/{name}") is not None:
            return OmicsSelector.from_json(saved)
        selector = self._fit(self.company.own, fold, on_progress)
        self.run.write_table(f"selectors/{name}", selector.summary_)
        self.run.write_json(f"selectors/{name}", selector.to_json())
        return selector

    def _vocabulary(
        self, fold: int, chosen: OmicsSelector, on_progress: OnProgress
    ) -> tuple[Vocabulary, OmicsSelector]:
        """Genes that any cohort chose, and the run's own cohort's scale of those it measured."""
        name = f"vocabularies/{self._name(fold)}"
        saved = self.run.read_json(name)
        if saved is not None:
            return Vocabulary.from_json(saved["genes"]), OmicsSelector.from_json(saved["selector"])
        choices = [chosen, *(self._fit(member, fold, on_progress) for member in self.company.others)]
        vocabulary = Vocabulary.of(choices)
        wide = self._wide(self.company.own, fold, vocabulary)
        self.run.write_json(name, {"genes": vocabulary.to_json(), "selector": wide.to_json()})
        return vocabulary, wide

    def _fit(self, member: Member, fold: int, on_progress: OnProgress) -> OmicsSelector:
        def tell(done: int, total: int, what: str) -> None:
            on_progress(done, total, f"{member.cohort.title}: {what}" if self.company.others else what)

        cache = SelectionCache(self.run.cache / "selections")
        selector = OmicsSelector(self.run.config.omics, self.run.config.seed, cache)
        return selector.fit(member.cohort.omics, self._seen(member, fold), tell, member.cohort.patients)

    def _wide(self, member: Member, fold: int, vocabulary: Vocabulary) -> OmicsSelector:
        seen = self._seen(member, fold)
        return OmicsSelector.of_genes(vocabulary.genes, member.cohort.omics, seen, self.run.config.omics)

    def _seen(self, member: Member, fold: int) -> pd.DataFrame:
        return member.seen(self.company.selection_fold(fold))

    def _name(self, fold: int) -> str:
        return fold_name(self.company.selection_fold(fold))
