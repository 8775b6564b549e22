"""Hints for names of metrics that are not supported."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

_OTHER = "the label of the negative class"
_POSITIVE = "the label of the positive class"
# Spellings, the call that makes the metric ("..." is a placeholder), and its label.
_CALLS = [
    (r"f_?beta(_score)?", "make_scorer(fbeta_score, beta=2, pos_label=...)", _POSITIVE),
    (
        r"specificity|selectivity|tnr|true_negative_rate",
        "make_scorer(recall_score, pos_label=...)",
        _OTHER,
    ),
    (
        r"npv|negative_predictive_value",
        "make_scorer(precision_score, pos_label=...)",
        _OTHER,
    ),
    (r"(cohens?_)?kappa(_score)?", "make_scorer(cohen_kappa_score)", ""),
    (
        r"g_?means?|geometric_mean(_score)?",
        "make_scorer(geometric_mean_score) (of imblearn.metrics)",
        "",
    ),
]
_SAME = {
    r"sensitivity|tpr|true_positive_rate|hit_rate": "recall",
    r"ppv|positive_predictive_value": "precision",
    r"auc|auroc|roc": "roc_auc",
    r"pr_?auc|auc_?pr|au_?prc|ap": "average_precision",
    r"bacc|balanced_acc": "balanced_accuracy",
    r"iou": "jaccard",
}
_AT = re.compile(r"(recall|precision|tpr|sensitivity)_?(@|_at_).*")


def hint_for_metric(name: str, known: Iterable[str], assign: str = "scoring=") -> str:
    """Return a sentence with a call that works or the nearest known name, or "".

    Parameters
    ----------
    name : str
        The unknown metric.
    known : iterable of str
        Names that can be used instead.
    assign : str, default="scoring="
        The text before the call, which assigns it to a parameter.
    """
    spelled = re.sub(r"[\s-]+", "_", name.strip().lower())
    known = list(known)
    call = _call_for(spelled)
    if call:
        return f" Pass {assign}{call}."
    if _AT.fullmatch(spelled):
        return (
            " Pass a function of (model, X, y) for the metric at a limit, or use "
            "ConstrainedThresholdClassifier, which keeps the limit."
        )
    same = [to for pattern, to in _SAME.items() if re.fullmatch(pattern, spelled)]
    near = [to for to in same if to in known] or difflib.get_close_matches(
        spelled, known, n=1
    )
    return f" Did you mean {near[0]!r}?" if near else ""


def _call_for(spelled: str) -> str:
    """Return the call that makes a metric, and the meaning of its label; or ""."""
    beta = re.fullmatch(r"f_?(\d+(?:\.\d+)?)(_score)?", spelled)
    if beta and float(beta[1]) != 1:
        call = f"make_scorer(fbeta_score, beta={beta[1]}, pos_label=...)"
        return f"{call}, with {_POSITIVE} as pos_label"
    for pattern, call, label in _CALLS:
        if re.fullmatch(pattern, spelled):
            return f"{call}, with {label} as pos_label" if label else call
    return ""
