"""Training losses for rare classes, with their true probabilities."""

from imbsuite.losses.base import Loss
from imbsuite.losses.boosted import BoostedLossClassifier
from imbsuite.losses.linear import LinearLossClassifier
from imbsuite.losses.log_probability import CompSumLoss, FocalLoss, LogLoss
from imbsuite.losses.metric import MetricLoss
from imbsuite.losses.neural import torch_loss
from imbsuite.losses.objectives import lightgbm_objective, xgboost_objective
from imbsuite.losses.robust import class_robustness

__all__ = [
    "BoostedLossClassifier",
    "CompSumLoss",
    "FocalLoss",
    "LinearLossClassifier",
    "LogLoss",
    "Loss",
    "MetricLoss",
    "class_robustness",
    "lightgbm_objective",
    "torch_loss",
    "xgboost_objective",
]
