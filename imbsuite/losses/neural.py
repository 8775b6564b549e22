"""Losses as modules of PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np

from imbsuite._extras import need
from imbsuite._types import Codes, Floats
from imbsuite.losses.base import BoundLoss, Loss
from imbsuite.losses.names import find_loss


def torch_loss(loss: str | Loss, counts: Any, class_weight: Any = None) -> Any:
    """Return a loss as a PyTorch module, which can also be a criterion of skorch.

    Parameters
    ----------
    loss : str or Loss
        See ``LinearLossClassifier``. A metric needs all rows in one batch.
    counts : array-like of shape (n_classes,)
        The number of rows of each class in the training data.
    class_weight : None, "balanced", "effective", mapping or array-like, default=None
        The weight of each class; a mapping has codes from 0 to n_classes - 1 as keys.

    Returns
    -------
    torch.nn.Module
        Call it with scores of shape (n_rows, n_classes), or (n_rows,) for two classes,
        codes of shape (n_rows,) and optionally weights of shape (n_rows,). It returns
        the loss. ``bound`` is the bound loss, whose ``proba(scores)`` returns
        probabilities.

    Raises
    ------
    ImportError
        If PyTorch is not installed.
    ValueError
        If a parameter is out of range.

    Notes
    -----
    Values and gradients are computed by NumPy on the CPU, in float64. They have no
    second derivatives.

    Examples
    --------
    >>> import torch  # doctest: +SKIP
    >>> from imbsuite.losses import torch_loss
    >>> criterion = torch_loss("focal", counts=[90, 10])  # doctest: +SKIP
    >>> criterion(torch.zeros(3, 2), torch.tensor([0, 0, 1]))  # doctest: +SKIP
    tensor(0.1733)
    """
    torch = need("torch", extra="torch")
    bound = find_loss(loss).bind(counts, class_weight)

    class Value(torch.autograd.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, scores: Any, codes: Codes, weight: Any) -> Any:
            value, gradient = bound.value_gradient(_as_floats(scores), codes, weight)
            ctx.save_for_backward(scores.new_tensor(gradient))
            return scores.new_tensor(value)

        @staticmethod
        def backward(ctx: Any, slope: Any) -> Any:
            (gradient,) = ctx.saved_tensors
            return slope * gradient, None, None

    class TorchLoss(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.bound = bound

        def forward(self, scores: Any, codes: Any, sample_weight: Any = None) -> Any:
            weight = None if sample_weight is None else _as_floats(sample_weight)
            plain = codes.detach().cpu().numpy().astype(np.intp)
            return Value.apply(_as_taken(scores, bound), plain, weight)

        def __reduce__(self) -> Any:
            return torch_loss, (loss, counts, class_weight)

    return TorchLoss()


def _as_floats(tensor: Any) -> Floats:
    return np.asarray(tensor.detach().cpu().numpy(), dtype=np.float64)


def _as_taken(scores: Any, bound: BoundLoss) -> Any:
    """Return scores in the form of a loss: for two classes, the logit of the second."""
    if len(bound.counts) > 2 or scores.ndim == 1:
        return scores
    return scores[:, 0] if scores.shape[1] == 1 else scores[:, 1] - scores[:, 0]
