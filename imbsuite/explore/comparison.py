"""The result of :func:`imbsuite.compare`, with its plot, report and text form."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imbsuite._text import printable
from imbsuite._warning import warn
from imbsuite.choice.code import fitting_code
from imbsuite.choice.final import choose, fit_final
from imbsuite.experiment.evidence import ClassChange
from imbsuite.experiment.result import Result
from imbsuite.experiment.unlabeled import only_labeled
from imbsuite.files.atomic import atomic_write
from imbsuite.report.text import as_text

__all__ = ["Comparison"]


@dataclass(frozen=True, repr=False)
class Comparison(Result):
    """The result of :func:`imbsuite.compare`.

    Attributes
    ----------
    scores : DataFrame
        One row for each ``model``, ``strategy``, ``fold`` and ``metric``, with its
        ``value``; NaN if a fit failed or the metric is undefined.
    metrics : tuple of Metric
        The metrics that were measured; the last is the fit time in seconds.
    class_sizes : dict
        ``{label: rows}``, sorted by label. For multilabel targets: the number of rows
        with each label, in the order of the labels.
    positive : label or None
        The positive class of metrics of one class. None if there is no positive class,
        as with more than two classes and no ``pos_label``.
    test_train_ratio : float
        Number of rows of a test fold divided by the number of rows of a training fold.
    notes : tuple of str
        Small classes, identifiers, copied rows, failed fits, warnings and other caveats.
    predictions : tuple of Predictions
        Out-of-fold probabilities for each model and strategy; empty if the models have no
        ``predict_proba``.
    columns : tuple of Column
        Kind, missing values, distinct values and finding of each column.
    class_changes : tuple of ClassChange
        Effect of each sampler on each class, in the first training fold.
    recipe : str
        Python code that repeats the comparison, as far as options can be written as code.
    versions : dict of str
        Versions of Python and of the packages involved.
    seed : int, Generator, RandomState or None
        The ``random_state`` that was passed.
    finished : tuple (done, planned)
        Numbers of fits. Fewer fits are done than planned if the comparison was
        interrupted or its budget was used up.
    interrupted : bool
        Whether the comparison was stopped by Ctrl-C.
    table_sizes : dict or None
        ``{label: rows}`` of the whole table if the comparison used a sample of it, else
        None.
    influences : dict
        ``{(model, strategy, metric): {fold: ndarray}}``: how much random blocks of test
        rows change the score. The intervals are computed from these influences.
    n_units : int
        Number of rows of the smallest class; with groups, the number of groups in this
        class. For multilabel targets, the number for the rarest label.
    weighted : bool
        Whether rows have different weights.
    unlabeled : label or None
        The label of unlabeled rows, as passed to ``compare``.
    row_costs : ndarray of shape (n_rows, 2, 2) or None
        For two classes and costs that differ by row: the cost of each decision (last
        axis) for each true class (second axis), in the order of ``class_sizes``.
        Otherwise None.
    label_names : tuple
        For multilabel targets, the names of the labels; otherwise empty.
    n_rows : int
        Number of rows that were measured.
    label_scores : DataFrame or None
        For multilabel targets, one row for each ``model``, ``strategy``, ``fold``,
        ``label`` and ``metric``, with its ``value``. ``by_label`` has the means over
        the folds.
    """

    @property
    def treatments(self) -> tuple[ClassChange, ...]:
        """Deprecated name of ``class_changes``; using it raises a warning."""
        warn("Comparison.treatments is now class_changes.", FutureWarning)
        return self.class_changes

    def plot(self, metric: str | None = None, *, ax: Any = None) -> Any:
        """Draw the differences from doing nothing and their intervals, one panel per model.

        Parameters
        ----------
        metric : str, default=None
            A name in ``metrics``. None: average precision if it was measured, otherwise
            the first metric.
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

    def report(self, path: str | os.PathLike[str], suspects: Any = None) -> None:
        """Write a report: the answer, intervals, curves, the table and the recipe.

        It is one HTML file without scripts that loads nothing from the network. It is
        written under a temporary name and then renamed.

        Parameters
        ----------
        path : str or path
            An existing file is replaced.
        suspects : DataFrame, default=None
            The result of :func:`imbsuite.explore.suspect_labels`, which adds a section
            of suspect rows.

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
        >>> comparison = compare(X, y, estimator=LogisticRegression(), strategies=["smote"])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     comparison.report(Path(folder) / "report.html")
        """
        from imbsuite.report import as_page

        with atomic_write(Path(path)) as stream:
            stream.write(as_page(self, suspects))

    def estimator(self, metric: str | None = None) -> Any:
        """Return the classifier to continue with, unfitted.

        The classifier combines the model and the strategy that ``best(metric)``
        returns, as they were measured. For costs, it corrects the probabilities and
        makes the decision with the least expected cost (even if a tuned threshold was
        cheaper). For the strategy "tuned-threshold", it includes the tuned threshold.
        For ranking metrics, it corrects the probabilities, which does not change the
        ranking. Corrections and thresholds are fitted on random folds, even if rows
        were compared in the order of ``times``: set their ``cv`` to use folds in time.

        Parameters
        ----------
        metric : str, default=None
            As for ``best``.

        Returns
        -------
        classifier
            Every ``random_state`` that was None is set, including those of splitters.

        Raises
        ------
        ValueError
            As ``best``.
        """
        return choose(self, metric).classifier

    def fit_best(
        self, X: Any, y: Any, metric: str | None = None, **fit_params: Any
    ) -> Any:
        """Return the classifier to continue with, fitted to these rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
            Usually the whole table that was passed to ``compare``.
        y : array-like of shape (n_rows,)
            Unlabeled rows (``unlabeled`` of the comparison) are left out. The strategy
            "pseudo-labels" uses the unlabeled rows that were passed to ``compare``.
        metric : str, default=None
            As for ``best``.
        **fit_params : dict
            Passed to ``fit``. ``sample_weight`` is passed to the last step of a
            pipeline; equal weights are ignored, as in the comparison. Inner folds do
            not split ``groups``; if the classifier has no inner folds, ``groups`` are
            ignored.

        Returns
        -------
        classifier
        """
        X, y, params = only_labeled(X, y, fit_params, self.unlabeled)
        return fit_final(self.estimator(metric), X, y, **params)

    def code(self, metric: str | None = None) -> str:
        """Return Python code that builds ``estimator(metric)`` and fits it to X and y.

        The code sets every parameter that differs from its default, including all
        seeds. A parameter whose ``repr`` is not code, such as a function, is named in a
        comment. If rows have different weights, they are passed to ``fit`` as
        ``sample_weight``.

        Parameters
        ----------
        metric : str, default=None
            As for ``best``.
        """
        code = fitting_code(self.estimator(metric), weighted=self.weighted)
        if self.unlabeled is None:
            return code
        return (
            f"# X and y without the rows labeled {self.unlabeled!r}; fit_best also fits "
            f"pseudo-labels on them\n{code}"
        )

    def __repr__(self) -> str:
        return "\n".join(map(printable, self.sentences))

    def __str__(self) -> str:
        return as_text(self)

    def _repr_html_(self) -> str | None:
        from imbsuite.report import as_fragment

        try:
            return as_fragment(self)
        except ImportError:
            # Without jinja2, notebooks show the text form.
            return None
