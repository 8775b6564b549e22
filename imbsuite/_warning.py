"""Warnings that point to the line of user code that caused them."""

from __future__ import annotations

import inspect
import os
import warnings
from importlib.util import find_spec
from pathlib import Path

# Frames of these packages are between the user's line and the line that warns:
# searches, ensembles and pipelines fit our estimators, also in joblib's workers. The
# packages are located, not imported, because importing them takes a second.
_SPECS = [find_spec(name) for name in ("sklearn", "joblib")]
_FILES = [__file__, *(spec.origin for spec in _SPECS if spec and spec.origin)]
_BETWEEN = tuple(f"{Path(file).parent}{os.sep}" for file in _FILES)


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the nearest line outside imbsuite, scikit-learn and joblib."""
    # warnings.warn has no skip_file_prefixes in Python 3.11.
    level, frame = 1, inspect.currentframe()
    while frame is not None and frame.f_code.co_filename.startswith(_BETWEEN):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)  # noqa: TID251
