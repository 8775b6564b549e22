"""One file for a fitted classifier and the information needed to use it."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from imbsuite._extras import need
from imbsuite._wrapping import decider_of, decides_itself
from imbsuite.decision.scikit_learn import BinaryThreshold, scikit_learn_threshold
from imbsuite.files.atomic import atomic_write
from imbsuite.persistence.columns import ColumnType, as_fitted
from imbsuite.persistence.trusted import TRUSTED
from imbsuite.probability.label_model import label_names, label_probability

if TYPE_CHECKING:
    import pandas as pd

_FORMAT = 1
# The errors of zipfile for bytes that are not an archive, or are a damaged one.
_DAMAGES = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
)
_ABOUT = "imbsuite.json"
# How many parts of each version must be the same as at fit time: in another minor
# version, fitted attributes may have a different meaning, and strings differ between
# pandas 2 and 3.
_SAME_PARTS = {"imbsuite": 2, "scikit-learn": 2, "skrub": 2, "pandas": 1}
_NOTED = (*_SAME_PARTS, "numpy", "scipy", "skops")


@dataclass(frozen=True)
class SavedModel:
    """A fitted classifier with the information needed to apply it to other tables.

    Attributes
    ----------
    estimator : classifier
    columns : tuple of ColumnType
        The features, in the order of ``fit``.
    target : str
        The name of the column of labels.
    positive : int or None
        The position of the positive class in ``estimator.classes_``.
    versions : dict
        ``{package: version}`` at fit time.
    """

    estimator: Any
    columns: tuple[ColumnType, ...]
    target: str = ""
    positive: int | None = None
    versions: Mapping[str, str] = field(default_factory=dict)

    def predict(self, X: Any) -> pd.DataFrame:
        """Return the label, the probability of each class and the threshold of each row.

        Parameters
        ----------
        X : {array-like, dataframe} of shape (n_rows, n_columns)
            The table must have all columns of the model, in any order; other columns
            are ignored.

        Returns
        -------
        DataFrame of shape (n_rows, 1 + n_classes) or (n_rows, 2 + n_classes)
            The columns are "predicted"; "probability_<label>" for each class, if the
            model has probabilities; and for two classes "threshold", the smallest
            probability of the positive class at which it is predicted, if this is the
            same for all rows. For multilabel targets, the columns are
            "predicted_<label>" and "probability_<label>" for each label.

        Raises
        ------
        ValueError
            If columns are missing, or cells cannot be converted to the types at fit
            time.
        """
        X = as_fitted(X, self.columns)
        labels = label_names(self.estimator)
        predicted = self.estimator.predict(X)
        columns = [predicted] if labels is None else [*predicted.T]
        if hasattr(self.estimator, "predict_proba"):
            if labels is None:
                proba = self.estimator.predict_proba(X)
            else:
                proba = label_probability(self.estimator, X, len(labels))
            columns += [*proba.T]
        if (threshold := self.threshold) is not None:
            columns.append(np.full(len(X), threshold))
        table = dict(zip(self.new_columns, columns, strict=True))
        return need("pandas").DataFrame(table, index=X.index)

    @property
    def threshold(self) -> float | None:
        """The smallest probability of the positive class at which it is predicted.

        None with more than two classes, for multilabel targets, without a positive
        class or probabilities, and if the threshold differs between rows or, as
        scikit-learn's may, applies to ``decision_function``.
        """
        if self.positive is None or len(self.estimator.classes_) != 2:
            return None
        if not hasattr(self.estimator, "predict_proba"):
            return None
        if (binary := scikit_learn_threshold(decider_of(self.estimator))) is not None:
            return self._converted(binary)
        thresholds = np.ravel(getattr(self.estimator, "threshold_", np.nan))
        if not decides_itself(self.estimator):
            # The estimator predicts the more probable class.
            thresholds = np.array([0.5])
        threshold = float(thresholds[self.positive if len(thresholds) > 1 else 0])
        return threshold if np.isfinite(threshold) else None

    def _converted(self, binary: BinaryThreshold) -> float | None:
        """Return a threshold of scikit-learn as one of the positive class."""
        if binary.on_decisions:
            return None  # the probabilities may be any function of them
        label = self.estimator.classes_.tolist()[self.positive]
        return binary.value if label == binary.label else 1 - binary.value

    @property
    def new_columns(self) -> list[str]:
        """The columns that :meth:`predict` returns."""
        proba = hasattr(self.estimator, "predict_proba")
        if (several := label_names(self.estimator)) is not None:
            kinds = ["predicted", "probability"] if proba else ["predicted"]
            return [f"{kind}_{label}" for kind in kinds for label in several]
        labels = self.estimator.classes_.tolist()
        names = ["predicted", *(f"probability_{label}" for label in labels * proba)]
        return names if self.threshold is None else [*names, "threshold"]


def save_model(
    estimator: Any,
    path: Path | str,
    *,
    columns: Sequence[ColumnType],
    target: str = "",
    positive: Any = None,
) -> None:
    """Write a fitted classifier to a file that appears only when it is complete.

    Parameters
    ----------
    estimator : classifier
        Fitted.
    path : path
        Usually with the suffix ``.skops``. An existing file is replaced.
    columns : sequence of ColumnType
        The types of the columns of the training table, ``column_types(X)``.
    target : str, default=""
        The name of the column of labels.
    positive : label, default=None
        The positive class. None: the positive class of a threshold classifier, if there
        is one.

    Raises
    ------
    ImportError
        If skops is not installed.
    OSError
        If the file cannot be written.
    TypeError
        If a part of the estimator, such as a lambda, or a name or category of a column
        cannot be written.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from sklearn.linear_model import LogisticRegression
    >>> from imbsuite import SMOTE, ResampledClassifier
    >>> from imbsuite.datasets import load_abalone19
    >>> from imbsuite.persistence import column_types, load_model, save_model
    >>> X, y = load_abalone19(return_X_y=True)
    >>> X = X.select_dtypes("number")
    >>> model = ResampledClassifier(SMOTE(), LogisticRegression(), random_state=0).fit(X, y)
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "abalone.skops")
    ...     save_model(model, path, columns=column_types(X))
    ...     loaded = load_model(path)
    >>> bool((loaded.predict(X)["predicted"] == model.predict(X)).all())
    True
    """
    content = pack(estimator, columns=columns, target=target, positive=positive)
    with atomic_write(Path(path), binary=True) as stream:
        stream.write(content)


def pack(
    estimator: Any,
    *,
    columns: Sequence[ColumnType],
    target: str = "",
    positive: Any = None,
) -> bytes:
    """Return the content of the file that :func:`save_model` writes."""
    sio = need("skops.io", extra="models")
    place = None  # with several labels, 1 is the positive class of each
    if label_names(estimator) is None:
        own = getattr(estimator, "pos_label_", None)
        label = own if positive is None else positive
        classes = estimator.classes_.tolist()
        place = classes.index(label) if label in classes else None
    about = {
        "format": _FORMAT,
        "target": target,
        "positive": place,
        "columns": [asdict(column) for column in columns],
        "versions": _versions(),
    }
    try:
        content = io.BytesIO(sio.dumps(estimator, compression=zipfile.ZIP_DEFLATED))
    except (TypeError, need("skops.io.exceptions").UnsupportedTypeException) as error:
        msg = f"the model cannot be saved: {error}."
        raise TypeError(msg) from error
    untrusted = sio.get_untrusted_types(data=content.getvalue())
    if inner := [name for name in untrusted if "<" in name]:  # <lambda>, <locals>
        msg = (
            f"the model cannot be saved: it holds {_types(inner)}, which no other process "
            "can load; define it in a module."
        )
        raise TypeError(msg)
    with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_ABOUT, json.dumps(about, default=_refuse))
    return content.getvalue()


def load_model(path: Path | str, *, trust: Collection[str] = ()) -> SavedModel:
    """Load a classifier that was written by :func:`save_model`.

    Only types of imbsuite, scikit-learn and skrub are loaded, so that a file of unknown
    origin cannot run its own code.

    Parameters
    ----------
    path : path
    trust : collection of str, default=()
        Names of additional types to load, such as your own estimator. Loading these
        types may run their code.

    Raises
    ------
    ImportError
        If skops is not installed.
    OSError
        If the file cannot be read.
    ValueError
        If the file is not a model of imbsuite, is damaged, was written by another
        version, or contains untrusted types; the message names the types.
    """
    path = Path(path)
    if not path.exists():
        msg = f"{path} does not exist; check the spelling and the folder."
        raise FileNotFoundError(msg)
    return unpack(path.read_bytes(), str(path), trust=trust)


def unpack(content: bytes, name: str, *, trust: Collection[str] = ()) -> SavedModel:
    """Return the model in the content of a file; error messages refer to ``name``."""
    sio = need("skops.io", extra="models")
    about = _about(content, name)
    _check_versions(name, about["versions"])
    trusted = TRUSTED | {*trust}
    try:
        unknown = set(sio.get_untrusted_types(data=content)) - trusted
        estimator = None if unknown else sio.loads(content, trusted=[*trusted])
    except Exception as error:
        msg = f"{name} is damaged, and cannot be loaded ({type(error).__name__}: {error})."
        raise ValueError(msg) from error
    if unknown:
        msg = (
            f"{name} holds {_types(unknown)}, which imbsuite does not know to be safe; if "
            "you trust the file, pass --trust with each of these names, or trust= in "
            "Python."
        )
        raise ValueError(msg)
    return SavedModel(
        estimator,
        about["columns"],
        about["target"],
        about["positive"],
        about["versions"],
    )


def _about(content: bytes, name: str) -> dict[str, Any]:
    """Return the information that imbsuite has stored next to the estimator."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            about: dict[str, Any] = json.loads(archive.read(_ABOUT))
            damaged = archive.testzip()
    except (KeyError, ValueError, *_DAMAGES) as error:
        msg = f"{name} is not a model that imbsuite has saved, or is damaged."
        raise ValueError(msg) from error
    if damaged is not None:
        msg = f"{name} is damaged in {damaged}; copy or fit it again."
        raise ValueError(msg)
    if about.get("format") != _FORMAT:
        msg = (
            f"{name} has format {about.get('format')!r}, and this version of imbsuite "
            f"reads format {_FORMAT}; install imbsuite "
            f"{about.get('versions', {}).get('imbsuite', '')}, or fit the model again."
        )
        raise ValueError(msg)
    try:
        return about | {"columns": tuple(map(_column, about["columns"]))}
    except (KeyError, TypeError) as error:
        msg = f"{name} is damaged: its columns cannot be read."
        raise ValueError(msg) from error


def _column(entry: Mapping[str, Any]) -> ColumnType:
    return ColumnType(**{**entry, "categories": tuple(entry["categories"])})


def _refuse(value: Any) -> str:
    """Raise TypeError for names and categories that JSON cannot represent."""
    msg = (
        "the model cannot be saved: names and categories of columns must be text, numbers "
        f"or booleans. Got {value!r}; convert them before the fit."
    )
    raise TypeError(msg)


def _check_versions(name: str, saved: Mapping[str, str]) -> None:
    now = _versions()
    for package, n_parts in _SAME_PARTS.items():
        before, after = saved.get(package), now.get(package)
        if before and (
            after is None or before.split(".")[:n_parts] != after.split(".")[:n_parts]
        ):
            has = "none is" if after is None else f"{after} is"
            msg = (
                f"{name} was saved with {package} {before}, and {has} installed; a "
                "model of another version may give different predictions. Install "
                f"{package}=={before}, or fit the model again."
            )
            raise ValueError(msg)


def _versions() -> dict[str, str]:
    versions = {}
    for package in _NOTED:
        with suppress(metadata.PackageNotFoundError):
            versions[package] = metadata.version(package)
    return versions


def _types(names: Collection[str]) -> str:
    ordered = sorted(names)
    return ("the type " if len(ordered) == 1 else "the types ") + ", ".join(ordered)
