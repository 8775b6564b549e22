"""Options of a comparison that are about one label for each row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

# Each option, and what is possible instead.
_OF_CLASSES = {
    "cost": "Fit CostThresholdClassifier, which takes the costs of each label.",
    "ordered": "Compare each label of ordered classes by itself.",
    "unlabeled": "Fit PartialLabelClassifier, which takes unknown labels.",
    "sample_rows": "Pass a sample of the rows.",
}


def refuse_for_labels(options: Mapping[str, Any], owner: str = "compare") -> None:
    """Raise ValueError for options that several labels do not take."""
    for name, instead in _OF_CLASSES.items():
        if options.get(name) is not None:
            msg = (
                f"The {name!r} parameter of {owner} must be None for several labels (y has "
                f"a column for each). Got {options[name]!r} instead. {instead}"
            )
            raise ValueError(msg)
    label = options["pos_label"]
    if label is not None and not (np.ndim(label) == 0 and label == 1):
        msg = (
            f"The 'pos_label' parameter of {owner} must be 1 or None for several labels, "
            f"since 1 is the positive class of each. Got {label!r} instead."
        )
        raise ValueError(msg)
