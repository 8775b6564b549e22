"""The result of :func:`imbsuite.compare`, and the ways to look at it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imbsuite._warning import warn
from imbsuite.experiment.evidence import ClassChange
from imbsuite.experiment.result import Result
from imbsuite.files.atomic import written
from imbsuite.report.text import as_text

__all__ = ["Comparison"]


@dataclass(frozen=True)
class Comparison(Result):
    """What :func:`imbsuite.compare` found.

    Attributes
    ----------
    scores : DataFrame
        One row for each ``model``, ``strategy``, ``fold`` and ``metric``, with its
        ``value``; NaN where a fit failed or the metric is not defined.
    metrics : tuple of Metric
        What was measured, the fit time (seconds) last.
    class_sizes : dict
        ``{label: rows}``, sorted by label.
    positive : label or None
        The class that metrics of one class are about; None where all are measured alike,
        as with more than two classes if none was named.
    test_train_ratio : float
        Rows of a test fold / rows of a training fold.
    notes : tuple of str
        What must be known to read the result: small classes, warnings, failed fits.
    predictions : tuple of Predictions
        Probabilities of rows that were not fitted on, for each model and strategy; none
        where models give no probabilities.
    columns : tuple of Column
        What the columns of the table hold.
    class_changes : tuple of ClassChange
        What each sampler did to each class, in the first training fold.
    recipe : str
        Python code that repeats the comparison, as far as it can be written down.
    versions : dict of str
        Of Python and of the packages involved.
    seed : int, Generator, RandomState or None
        The ``random_state`` that was given.
    finished : tuple (done, planned)
        Fits; fewer are done than planned after an interruption.
    table_sizes : dict or None
        ``{label: rows}`` of the whole table, where a sample of it was measured.
    """

    @property
    def treatments(self) -> tuple[ClassChange, ...]:
        """The name of ``class_changes`` up to version 0.1; it warns."""
        warn("Comparison.treatments is now class_changes.", FutureWarning)
        return self.class_changes

    def plot(self, metric: str | None = None, *, ax: Any = None) -> Any:
        """Draw differences from doing nothing with their intervals, a panel for each model.

        Parameters
        ----------
        metric : str, default=None
            A name of ``metrics``. None: average precision, or the first.
        ax : matplotlib Axes, or array of them, default=None
            One for each model. None: a new figure.

        Returns
        -------
        ComparisonDisplay

        Raises
        ------
        ValueError
            If the metric was not measured.
        ImportError
            If matplotlib is missing (``pip install 'imbsuite[plot]'``).
        """
        from imbsuite.displays.forest import ComparisonDisplay

        return ComparisonDisplay.from_comparison(self, metric=metric, ax=ax)

    def report(self, path: str | os.PathLike[str]) -> None:
        """Write a page to look at: the answer, intervals, curves, the table, the recipe.

        One HTML file without scripts, which loads nothing from the network. It is written
        under a temporary name and moved.

        Parameters
        ----------
        path : str or path
            A file that is there is replaced.

        Raises
        ------
        ImportError
            If jinja2 is not installed (``pip install 'imbsuite[explore]'``).
        OSError
            If ``path`` cannot be written.

        Examples
        --------
        >>> import tempfile
        >>> from pathlib import Path
        >>> from sklearn.datasets import make_classification
        >>> from sklearn.linear_model import LogisticRegression
        >>> from imbsuite import compare
        >>> X, y = make_classification(500, weights=[0.9], random_state=0)
        >>> found = compare(X, y, estimator=LogisticRegression(), strategies=["smote"])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     found.report(Path(folder) / "report.html")
        """
        from imbsuite.report import as_page

        with written(Path(path)) as stream:
            stream.write(as_page(self))

    def __str__(self) -> str:
        return as_text(self)

    def _repr_html_(self) -> str | None:
        from imbsuite.report import as_fragment

        try:
            return as_fragment(self)
        except ImportError:
            # Without jinja2 a notebook shows the text.
            return None
