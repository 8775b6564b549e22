"""Scores of classifiers that are trained in epochs, epoch by epoch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.metrics import check_scoring, get_scorer

from imbsuite._labels import names_one_class
from imbsuite._table import single_target, sorted_classes
from imbsuite.displays.panels import positive_column
from imbsuite.displays.style import display_label, legend, line_style, make_panels
from imbsuite.probability.one_class import OneAgainstRest


@dataclass(eq=False, repr=False)
class EpochScoresDisplay:
    """Score on held-out rows after each epoch, with one line per classifier.

    Create it with :meth:`from_estimators`. A dot on a line marks the last epoch before
    each change of the temperature.

    scikit-learn's ``LearningCurveDisplay`` shows scores against the number of training
    rows instead.

    Parameters
    ----------
    scores : dict
        ``{name: ndarray of shape (n_epochs,)}``.
    temperatures : dict
        ``{name: ndarray of shape (n_epochs,)}``.
    score_name : str, default="score"
        The label of the vertical axis.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    lines_ : dict of matplotlib Line2D

    Raises
    ------
    ImportError
        From ``plot``, if matplotlib is missing (``pip install 'imbsuite[plot]'``).

    Examples
    --------
    >>> from imbsuite.explore import EpochScoresDisplay
    >>> display = EpochScoresDisplay({"T = 5": [0.2, 0.3]}, {"T = 5": [5.0, 5.0]})
    """

    scores: Mapping[str, Any]
    temperatures: Mapping[str, Any]
    score_name: str = "score"

    @classmethod
    def from_estimators(
        cls,
        estimators: Mapping[str, Any],
        X: Any,
        y: Any,
        *,
        X_test: Any,
        y_test: Any,
        scoring: Any = "average_precision",
        score_name: str | None = None,
        pos_label: Any = None,
        ax: Any = None,
    ) -> Self:
        """Train clones of the classifiers and draw their scores.

        Parameters
        ----------
        estimators : mapping of str to CooldownClassifier
            Or any classifier with ``fit_epochs``.
        X, y : array-like
            Training rows.
        X_test, y_test : array-like
            Rows that are scored after each epoch.
        scoring : str or callable, default="average_precision"
            The name of a scikit-learn scorer, or a scorer. Metrics of one class are
            computed for the positive class.
        score_name : str, default=None
            None: the name of the scorer.
        pos_label : label, default=None
            The positive class. None: the rarer of two classes in ``y``. It is required if
            their shares differ by at most 0.05.
        ax : matplotlib Axes, default=None
            None: a new figure.

        Returns
        -------
        display

        Raises
        ------
        ValueError
            If the positive class is ambiguous and ``pos_label`` is None, or if
            ``pos_label`` is not a label of y.
        """
        score = _score_of(scoring, pos_label, y, cls.__name__)
        scores, temperatures = {}, {}
        for name, estimator in estimators.items():
            model = clone(estimator)
            epochs = [score(m, X_test, y_test) for m in model.fit_epochs(X, y)]
            scores[name] = np.array(epochs)
            temperatures[name] = model.temperature_curve_
        name = str(scoring).replace("_", " ") if isinstance(scoring, str) else "score"
        return cls(scores, temperatures, score_name or name).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None: a new figure.

        Returns
        -------
        self
        """
        (ax,) = make_panels(1, ax, size=(6.0, 4.2))
        self.lines_ = {}
        for i, (name, values) in enumerate(self.scores.items()):
            epochs = np.arange(1, len(values) + 1)
            (line,) = ax.plot(
                epochs, values, label=display_label(name), **line_style(i)
            )
            self.lines_[name] = line
            last = _switches(np.asarray(self.temperatures[name]))
            ax.scatter(epochs[last], np.asarray(values)[last], color=line.get_color())
        ax.set(xlabel="epoch", ylabel=f"{self.score_name} on held-out rows")
        ax.xaxis.get_major_locator().set_params(integer=True)
        legend(ax)
        self.ax_, self.figure_ = ax, ax.figure
        return self


def _switches(temperatures: NDArray[np.float64]) -> NDArray[np.intp]:
    return np.flatnonzero(temperatures[1:] != temperatures[:-1])


def _score_of(
    scoring: Any, pos_label: Any, y: Any, owner: str
) -> Callable[[Any, Any, Any], float]:
    """Return a function (model, X, y) -> score.

    Named metrics of one class are computed for the positive class if there are two
    classes or ``pos_label`` is not None.
    """
    classes = sorted_classes(single_target(y, warn=False))
    binary = len(classes) == 2 or pos_label is not None
    if not (binary and names_one_class(scoring)):
        return lambda model, X, y: check_scoring(model, scoring)(model, X, y)
    positive = positive_column(single_target(y, warn=False), classes, pos_label, owner)
    label = classes[positive]

    def score(model: Any, X: Any, y: Any) -> float:
        one = OneAgainstRest(model, label)
        is_positive = (single_target(y, warn=False) == label).astype(np.intp)
        return float(get_scorer(scoring)(one, X, is_positive))

    return score
