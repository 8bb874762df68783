"""What the steps that leave genes out have in common, as scikit-learn sees them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.feature_selection import SelectorMixin
from sklearn.utils.validation import check_is_fitted, validate_data


class GeneFilter(SelectorMixin, BaseEstimator, auto_wrap_output_keys=None):  # type: ignore[misc,call-arg]
    """A feature selector over tables of patients × genes: tables in, tables out, NaN allowed.

    `fit(values, outcome)` learns from the training patients which genes to keep; `transform` keeps them in any
    patients. `get_support`, `get_feature_names_out` and cloning are scikit-learn's.

    Attributes after `fit`:
        support_: (G,) True = kept, in the order of the columns.
    """

    support_: NDArray[np.bool_]

    def transform(self, values: pd.DataFrame) -> pd.DataFrame:
        """The columns that are kept.

        Raises:
            ValueError: the columns are not those of `fit`.
        """
        check_is_fitted(self)
        validate_data(self, values, reset=False, skip_check_array=True)
        return values.loc[:, self.support_]

    def _see(self, values: pd.DataFrame) -> None:
        """Note the columns, as every scikit-learn estimator does in `fit`."""
        validate_data(self, values, skip_check_array=True)

    def _get_support_mask(self) -> NDArray[np.bool_]:
        check_is_fitted(self)
        return self.support_

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags
