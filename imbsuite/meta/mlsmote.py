"""SMOTE for multilabel targets."""

from __future__ import annotations

from imbsuite.meta.label_sampler import LabelSampler, NewLabels


class MLSMOTE(LabelSampler):
    """SMOTE for multilabel targets: new rows get the labels of most of their neighbors.

    This class is a :class:`LabelSampler` with a different default of ``labels``. Its
    parameters are described there.

    Parameters
    ----------
    sampler : over-sampler, default=None
        None: ``SMOTE()``.
    labels : {"step", "seed", "ranking", "union", "intersection"}, default="ranking"
    max_new : float, default=1.0
    sampling_strategy : str, float, dict, Tempered or callable, default="auto"
    random_state : int, Generator, RandomState or None, default=None

    Raises
    ------
    ValueError, TypeError
        From ``fit_resample``, if the input, a parameter or the plan is invalid.

    Notes
    -----
    **Departs from the paper.** See :class:`LabelSampler`.

    **When it hurts.** Most neighbors of a row seldom have its rare labels. Apart from
    the label for which it was made, a new row therefore has fewer rare labels than its
    seed.

    References
    ----------
    Charte, Rivera, del Jesus, Herrera. MLSMOTE: Approaching imbalanced multilabel learning
    through synthetic instance generation. Knowledge-Based Systems 89 (2015), 385-397,
    :doi:`10.1016/j.knosys.2015.07.019`.

    Examples
    --------
    >>> from imbsuite import MLSMOTE, SMOTE
    >>> X = [[0.0], [1.0], [2.0], [3.0], [7.0], [8.0], [9.0], [9.5]]
    >>> y = [[1, 0], [1, 0], [1, 0], [1, 0], [1, 0], [1, 1], [0, 1], [0, 1]]
    >>> sampler = MLSMOTE(SMOTE(k_neighbors=2), sampling_strategy=0.8, random_state=0)
    >>> X_new, y_new = sampler.fit_resample(X, y)
    >>> sampler.label_counts_[1]
    5
    """

    labels: NewLabels = "ranking"
