"""Options of a comparison that require one label per row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

# Each option, and what to do instead.
_OF_CLASSES = {
    "cost": "Fit CostThresholdClassifier, which takes the costs of each label.",
    "ordered": "Compare each ordered label separately.",
    "unlabeled": "Fit PartialLabelClassifier, which takes unknown labels.",
    "sample_rows": "Pass a sample of the rows.",
}


def refuse_for_labels(options: Mapping[str, Any], owner: str = "compare") -> None:
    """Raise ValueError for options that multilabel targets do not support."""
    for name, instead in _OF_CLASSES.items():
        if options.get(name) is not None:
            msg = (
                f"The {name!r} parameter of {owner} must be None for multilabel "
                f"targets (y has a column for each label). Got {options[name]!r} "
                f"instead. {instead}"
            )
            raise ValueError(msg)
    label = options["pos_label"]
    if label is not None and not (np.ndim(label) == 0 and label == 1):
        msg = (
            f"The 'pos_label' parameter of {owner} must be 1 or None for multilabel "
            f"targets, because 1 is the positive class of each. Got {label!r} instead."
        )
        raise ValueError(msg)
