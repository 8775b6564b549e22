"""Several labels: thresholds, new rows and hidden positives, on synthetic tables.

    python benchmarks/reproductions/several_labels.py [--seeds 10]

Ten labels have 40 to 1 % of the rows; there are 1,500 training and 1,500 test rows, and
a logistic regression (C = 0.1) for each label. Differences are from the same model
without the change, with the standard error of their mean over seeds.

Label shift: the source of the figures (true shares .40 and .227; .399 and .310 label by
label; .399 and .227 over sets) does not name its table. Here, the first of two labels
changes from 10 to 40 % of the rows, and the second one with it, from 10 to 22.7 %. Each
label shifts the mean of two Gaussian columns.
"""

from __future__ import annotations

import argparse

import numpy as np
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, log_loss

from imbsuite import (
    MLSMOTE,
    LabelSampler,
    LabelShiftAdapter,
    PartialLabelClassifier,
    RandomOverSampler,
    ResampledClassifier,
    TunedThresholdClassifier,
)
from imbsuite.datasets import make_rare_labels

SHARE = 0.6  # of the positives that are marked
LOGISTIC = LogisticRegression(C=0.1)
EACH = PartialLabelClassifier(LOGISTIC)


def macro_f1(y, predicted):
    return f1_score(y, predicted, average="macro", zero_division=0)


def mean_log_loss(labels, p):
    """Return the mean log-loss over labels, each of which has two classes."""
    p = np.clip(p, 1e-15, 1 - 1e-15)
    losses = [log_loss(y, q, labels=[0, 1]) for y, q in zip(labels.T, p.T, strict=True)]
    return float(np.mean(losses))


def tuned(estimator, seed):
    return TunedThresholdClassifier(estimator, scoring="f1_macro", random_state=seed)


def tuned_f1(estimator, X, y, seed):
    half = len(X) // 2
    model = tuned(estimator, seed).fit(X[:half], y[:half])
    return macro_f1(y[half:], model.predict(X[half:]))


def one(seed):
    """Return the figures of one table."""
    X, y = make_rare_labels(3000, random_state=seed)
    half = len(X) // 2
    plain = clone(EACH).fit(X[:half], y[:half])
    weights = PartialLabelClassifier(
        clone(LOGISTIC).set_params(class_weight="balanced")
    )
    weights.fit(X[:half], y[:half])
    figures = {
        "macro F1 at 0.5": macro_f1(y[half:], plain.predict(X[half:])),
        "macro F1, tuned": tuned_f1(EACH, X, y, seed),
        "log-loss": mean_log_loss(y[half:], plain.predict_proba(X[half:])),
        "log-loss, class weights": mean_log_loss(
            y[half:], weights.predict_proba(X[half:])
        ),
    }
    samplers = {
        "ML-ROS": LabelSampler(RandomOverSampler(), labels="seed", random_state=seed),
        "MLSMOTE": MLSMOTE(random_state=seed),
    }
    for name, sampler in samplers.items():
        resampled = ResampledClassifier(sampler, EACH)
        gain = tuned_f1(resampled, X, y, seed) - figures["macro F1, tuned"]
        figures[f"{name}: change of macro F1, tuned"] = gain
    return figures | hidden(X, y, seed)


def hidden(X, y, seed):
    """Return the changes by recovery if 40 % of the positives are among the zeros."""
    rng = np.random.default_rng(seed)
    half = len(X) // 2
    seen = np.where(rng.random(y.shape) < SHARE, y, 0)
    soft = PartialLabelClassifier(
        LOGISTIC, recover="soft", known_share=SHARE, random_state=seed
    )
    f1, loss = [], []
    for estimator in (EACH, soft):
        model = tuned(estimator, seed).fit(X[:half], seen[:half])
        f1.append(macro_f1(y[half:], model.predict(X[half:])))
        loss.append(mean_log_loss(y[half:], model.predict_proba(X[half:])))
    return {
        "soft recovery: change of macro F1, tuned": f1[1] - f1[0],
        "soft recovery: change of log-loss": loss[1] - loss[0],
    }


# The shares of the second label among rows without and with the first; and the shift of
# the mean by each label, which is partly in a common direction.
SECOND = np.array([0.0577, 0.481])
MEANS = 2 * np.array([[1, 0], [0.4, np.sqrt(1 - 0.4**2)]])


def two_labels(rng, n, share):
    first = (rng.random(n) < share).astype(int)
    labels = np.column_stack([first, rng.random(n) < SECOND[first]]).astype(int)
    return labels @ MEANS + rng.normal(size=(n, 2)), labels


def label_shift(seed):
    """Return the true and the estimated shares of two labels in new rows."""
    rng = np.random.default_rng(seed)
    X, y = two_labels(rng, 10_000, 0.1)
    new, truth = two_labels(rng, 10_000, 0.4)
    adapter = LabelShiftAdapter(LogisticRegression())
    shares_by_name = {
        "true": truth.mean(axis=0),
        "by label": [
            clone(adapter).fit(X, one).adapt(new).target_prior_[1] for one in y.T
        ],
        "over sets": clone(adapter).fit(X, y).adapt(new).target_prior_,
    }
    return {
        f"label shift, {name}: {which} label": shares[j]
        for name, shares in shares_by_name.items()
        for j, which in enumerate(("first", "second"))
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    rows = [one(k) | label_shift(k) for k in range(parser.parse_args().seeds)]
    for name in rows[0]:
        values = np.array([row[name] for row in rows])
        error = values.std(ddof=1) / np.sqrt(len(values))
        print(f"{name:45} {values.mean():7.3f} ± {error:.3f}")


if __name__ == "__main__":
    main()
