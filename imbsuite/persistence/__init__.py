"""Fitted classifiers in skops files, which cannot run arbitrary code when loaded."""

from imbsuite.persistence.columns import ColumnType, column_types
from imbsuite.persistence.model_file import SavedModel, load_model, save_model
from imbsuite.persistence.predict_file import PredictedFile, predict_file

__all__ = [
    "ColumnType",
    "PredictedFile",
    "SavedModel",
    "column_types",
    "load_model",
    "predict_file",
    "save_model",
]
