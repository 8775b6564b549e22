"""Losses by name."""

from __future__ import annotations

from difflib import get_close_matches

from imbsuite.losses.base import Loss
from imbsuite.losses.formulas import METRIC_NAMES
from imbsuite.losses.log_probability import CompSumLoss, FocalLoss, LogLoss
from imbsuite.losses.metric import MetricLoss


def find_loss(loss: str | Loss) -> Loss:
    """Return the loss with this name, or the loss itself.

    Parameters
    ----------
    loss : str or Loss
        "log_loss", "logit_adjusted", "ldam" (maximum margin 1), "focal" (gamma = 2),
        "comp_sum" (τ = 1, the log-loss), or a metric of ``MetricLoss``.

    Raises
    ------
    ValueError
        If there is no loss with this name.
    """
    if isinstance(loss, Loss):
        return loss
    named: dict[str, Loss] = {
        "log_loss": LogLoss(),
        "logit_adjusted": LogLoss(adjustment=1.0),
        "ldam": LogLoss(max_margin=1.0),
        "focal": FocalLoss(),
        "comp_sum": CompSumLoss(),
    }
    if loss in named:
        return named[loss]
    if loss in METRIC_NAMES:
        return MetricLoss(loss)
    known = [*named, *METRIC_NAMES]
    close = get_close_matches(str(loss), known, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    msg = (
        f"The 'loss' parameter must be one of {known}, or a loss such as FocalLoss(). Got "
        f"{loss!r} instead.{hint}"
    )
    raise ValueError(msg)
