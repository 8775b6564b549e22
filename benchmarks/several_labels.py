"""Time and memory with several labels: thresholds, and new rows compared with SMOTE's.

    python benchmarks/several_labels.py                100,000 rows, 20 labels

The time of thresholds excludes predictions: the classifier is already fitted. SMOTE
draws as many new rows as LabelSampler, for the class of rows with a label that gains
rows. Seconds are medians of runs that take turns. Memory is the increase of the peak
during a call in a separate process, if the system reports it, as a multiple of the
output.
"""

from __future__ import annotations

import argparse
import ctypes
import sys
import warnings
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
from measuring import in_turns, reset_peak, size, status
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.frozen import FrozenEstimator

from imbsuite import SMOTE, LabelSampler, TunedThresholdClassifier
from imbsuite.datasets import make_rare_labels

SCORINGS = {
    "f1_macro": {},
    "balanced_accuracy": {},
    "f1_micro": {},
    "f1_micro, for each label": {"shared": False},
    "f1_samples": {},
}


class Given(ClassifierMixin, BaseEstimator):
    """A classifier whose probabilities of the labels are the columns of X."""

    def fit(self, X, y):
        self.classes_ = [np.arange(2)] * X.shape[1]
        return self

    def predict_proba(self, X):
        return X


def make_data(n_rows, n_labels):
    shares = np.geomspace(0.4, 0.01, n_labels)
    return make_rare_labels(n_rows, shares=shares, random_state=0)


def thresholds(n_rows, n_labels):
    """Print the seconds of tuning thresholds, without predictions."""
    y = make_data(n_rows, n_labels)[1]
    noise = np.random.default_rng(0).normal(size=y.shape)
    p = 1 / (1 + np.exp(2 - 3 * y - noise))
    frozen = FrozenEstimator(Given().fit(p, y))
    for name, options in SCORINGS.items():
        scoring = name.split(",")[0]
        model = TunedThresholdClassifier(frozen, scoring=scoring, **options)
        taken = in_turns({name: lambda m=model: m.fit(p, y)}, 1)[name]
        print(f"thresholds, {name:28} {taken['wall']:6.2f} s", flush=True)


def samplers(n_rows, n_labels, n_new):
    """Return ``{name: (sampler, X, y)}``, the calls that are compared."""
    X, y = make_data(n_rows, n_labels)
    several = LabelSampler(sampling_strategy=0.2, random_state=0)
    rows = y.sum(axis=0)
    rare = y[:, rows < 0.2 * rows.max()].any(axis=1).astype(int)
    alone = SMOTE(sampling_strategy={1: int(rare.sum()) + n_new}, random_state=0)
    return {"LabelSampler": (several, X, y), "SMOTE": (alone, X, rare)}


def count_new(n_rows, n_labels):
    """Return the number of new rows of LabelSampler."""
    sampler, X, y = samplers(n_rows, n_labels, 0)["LabelSampler"]
    return len(sampler.fit_resample(X, y)[0]) - n_rows


def memory(name, n_rows, n_labels, n_new):
    """Return the increase of the peak during a call, as a multiple of the output."""
    warnings.simplefilter("ignore")
    small, X, y = samplers(n_rows // 20, n_labels, n_new // 20)[name]
    small.fit_resample(X, y)
    sampler, X, y = samplers(n_rows, n_labels, n_new)[name]
    # Otherwise, memory freed after making the data would be reused without being
    # counted.
    if sys.platform == "linux":
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    reset_peak()
    before = status("VmRSS")
    X_out, y_out = sampler.fit_resample(X, y)
    return (status("VmHWM") - before) / (size(X_out) + size(y_out))


def main():
    parser = argparse.ArgumentParser(description="Time of several labels")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--labels", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    shape = options.rows, options.labels
    thresholds(*shape)
    warnings.simplefilter("ignore")
    n_new = count_new(*shape)
    calls = samplers(*shape, n_new)
    print(f"{n_new:,} new rows", flush=True)
    runs = {
        name: lambda s=sampler, X=X, y=y: s.fit_resample(X, y)
        for name, (sampler, X, y) in calls.items()
    }
    taken = in_turns(runs, options.repeats)
    for name in runs:
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            peak = pool.submit(memory, name, *shape, n_new).result()
        seconds = [taken[name][unit] for unit in ("wall", "cpu")]
        print(
            f"{name:40} {seconds[0]:6.2f} s {seconds[1]:6.2f} CPU s, memory {peak:.2f}"
        )


if __name__ == "__main__":
    main()
