"""A fitted encoder, applied to other rows of its table.

skrub's TableVectorizer builds a new table after each of its twelve steps. For a few
thousand rows this takes longer than the encoding itself, and a comparison encodes many such
tables. Its fitted transformers for each column are public, so they are applied here one
after the other, and a single table is built from their outputs.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from sklearn.pipeline import Pipeline

from imbsuite._extras import need


def encode(encoder: Pipeline, X: Any) -> Any:
    """Return what ``encoder.transform(X)`` returns."""
    for _, step in encoder.steps:
        if step is None or step == "passthrough":
            continue
        X = _by_column(step, X) if _goes_by_column(step, X) else step.transform(X)
    return X


def _goes_by_column(step: Any, X: Any) -> bool:
    """Return whether ``step`` is a TableVectorizer fitted on a table like ``X``.

    For other tables, its own ``transform`` raises informative errors or converts
    arrays.
    """
    skrub = sys.modules.get("skrub")
    if skrub is None or type(step) is not skrub.TableVectorizer:
        return False
    is_frame = type(X) is need("pandas").DataFrame
    return is_frame and [*X.columns] == [*step.feature_names_in_]


def _by_column(vectorizer: Any, X: Any) -> Any:
    rows = X.reset_index(drop=True)
    columns: dict[str, Any] = {}
    for name, steps in vectorizer.all_processing_steps_.items():
        outputs = [rows[name]]
        finish: Mapping[str, Any] = {}
        for step in steps:
            if isinstance(step, Mapping):  # the last transformer of outputs, by name
                finish = step
            elif outputs:
                outputs = _applied(step, outputs[0])
        if outputs:
            names = vectorizer.input_to_outputs_[name]
            for output, column in zip(names, outputs, strict=True):
                last = finish.get(output)
                columns[output] = column if last is None else last.transform(column)
    encoded = need("pandas").DataFrame(columns, index=rows.index, copy=False)
    return encoded.set_axis(X.index)


def _applied(step: Any, column: Any) -> list[Any]:
    """Return the columns that a transformer makes from one column."""
    first = step.steps[0][1] if isinstance(step, Pipeline) else step
    alone = getattr(first, "__single_column_transformer__", False)
    output = step.transform(column if alone else column.to_frame())
    if hasattr(output, "columns"):
        return [output.iloc[:, i] for i in range(output.shape[1])]
    return output if isinstance(output, list) else [output]
