"""Warnings, which point at the line of the user that led to them."""

from __future__ import annotations

import inspect
import os
import warnings
from pathlib import Path

import joblib
import sklearn

# Frames of these stand between the user's line and the one that warns: searches,
# ensembles and pipelines fit estimators of ours, in workers of joblib's.
_BETWEEN = tuple(
    f"{Path(file).parent}{os.sep}"
    for file in (__file__, sklearn.__file__, joblib.__file__)
)


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the nearest line outside imbsuite, scikit-learn and joblib."""
    # warnings.warn has no skip_file_prefixes in Python 3.11.
    level, frame = 1, inspect.currentframe()
    while frame is not None and frame.f_code.co_filename.startswith(_BETWEEN):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)  # noqa: TID251
