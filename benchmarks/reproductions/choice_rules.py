"""Rules that choose a strategy, by nested cross-validation on real tables.

    python benchmarks/reproductions/choice_rules.py TABLE.parquet:TARGET ...

At most about 1,000 rows of each table are used, in the class proportions of the table,
but at least 25 rows of each class; smaller classes are left out. On each of five outer
training parts, five inner folds measure doing nothing and six strategies, for logistic
regression and for boosted trees on skrub's features, and each rule chooses a strategy
for each metric; the outer test part scores the choice. For macro F1 and balanced
accuracy, thresholds are tuned on the training part. In addition, imbalanced-learn's
usual pipelines (encoder, sampler, model) and the model alone are scored with their own
thresholds, on the same outer folds.

Printed for each metric and each rule, strategy or pipeline are the mean gain over doing
nothing (with the tuned threshold); the mean regret compared with the strategy that is
best on the outer folds of a table and model, which is known only in hindsight; the
share of tables and models in which more than 0.005 is lost; the mean rank; and how
often a rule chooses doing nothing. Tables are the units of standard errors, because
both models have the same rows.
"""

from __future__ import annotations

import sys
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import make_pipeline
from imblearn.under_sampling import RandomUnderSampler
from sklearn.model_selection import StratifiedKFold

from imbsuite import TunedThresholdClassifier
from imbsuite.choice.rules import RULES
from imbsuite.experiment.conclusion import conclude
from imbsuite.experiment.models import default_models
from imbsuite.experiment.options import Options
from imbsuite.experiment.result import scores_by_fold
from imbsuite.experiment.running import run_all
from imbsuite.experiment.setup import set_up
from imbsuite.experiment.strategies import DEFAULT, NOTHING
from imbsuite.folds.stratified import StratifiedFolds
from imbsuite.scoring.metrics import finished

ROWS, FEWEST, OUTER, INNER = 1_000, 25, 5, 5
NEGLIGIBLE = 0.005
SCORING = {
    "average precision": "average_precision",
    "macro F1": "f1_macro",
    "balanced accuracy": "balanced_accuracy",
}
DECIDED = {
    name: TunedThresholdClassifier(None, scoring=scoring)
    for name, scoring in SCORING.items()
    if scoring != "average_precision"
}
USUAL = [None, RandomOverSampler(), RandomUnderSampler(), SMOTE()]
COLUMNS = ["table", "model", "metric", "who", "score"]


def load(argument):
    """Return the features and the target of a stratified sample of a table."""
    path, _, target = argument.rpartition(":")
    frame = pd.read_parquet(path).dropna(subset=[target])
    sizes = frame[target].value_counts()
    frame = frame[frame[target].isin(sizes.index[sizes >= FEWEST])]
    if len(frame) > ROWS:
        by_class = frame.groupby(target, group_keys=False, observed=True)
        kept = by_class.apply(
            lambda part: part.sample(
                max(FEWEST, min(len(part), round(ROWS * len(part) / len(frame)))),
                random_state=0,
            ),
            include_groups=False,
        ).index
        frame = frame.loc[kept]
    frame = frame.sample(frac=1, random_state=0).reset_index(drop=True)
    return frame.drop(columns=target), frame[target].astype(str).to_numpy()


def measure(X, y, cv, finish=None, **options):
    """Return the comparison of strategies on these folds."""
    options = Options(scoring=SCORING, cv=cv, random_state=0, **options)
    experiment = set_up(X, y, options, finish)
    outcomes = run_all(experiment, n_jobs=1, progress=None)
    return conclude(experiment, outcomes)


def decided(metric):
    """Return the metric, with a tuned threshold if it is a metric of labels."""
    if metric.name in DECIDED:
        return finished(metric, DECIDED[metric.name], "offset")
    return metric


def of_rules(name, X, y, folds):
    """Yield the outer score of each strategy and rule, for each model and metric."""
    outer = measure(X, y, folds, decided)
    inner = [
        measure(X.iloc[train], y[train], StratifiedFolds(INNER, 1), decided)
        for train, _ in folds
    ]
    for metric in outer.metrics[: len(SCORING)]:
        by_pair = scores_by_fold(outer, metric.name)
        for model in outer.models:
            scores = {strategy: by_pair[model, strategy] for strategy in DEFAULT}
            key = name, model, metric.name
            yield from ((*key, who, values.mean()) for who, values in scores.items())
            for rule, choose in RULES.items():
                picks = [choose(_of_model(part, model), metric)[1] for part in inner]
                score = np.mean([scores[pick][i] for i, pick in enumerate(picks)])
                yield *key, f"rule: {rule}", score
                kept = np.mean([pick == NOTHING for pick in picks])
                yield *key, f"kept: {rule}", kept


def of_usual(name, X, y, folds):
    """Yield the outer score of imbalanced-learn's pipelines, for each model and metric."""
    models = default_models()
    linear = models["logistic regression"]
    for model, pipeline in models.items():
        pipelines = {}
        for sampler in USUAL:
            # Interpolation needs numbers without missing values.
            encoder = (linear if isinstance(sampler, SMOTE) else pipeline)[:-1]
            called = "alone" if sampler is None else type(sampler).__name__
            pipelines[f"usual: {called}"] = make_pipeline(
                *encoder, sampler, pipeline[-1]
            )
        result = measure(X, y, folds, estimator={model: pipeline}, strategies=pipelines)
        for metric in SCORING:
            by_pair = scores_by_fold(result, metric)
            for who in pipelines:
                yield name, model, metric, who, by_pair[model, who].mean()


def of_table(argument):
    """Return all scores of a table."""
    X, y = load(argument)
    folds = list(StratifiedKFold(OUTER, shuffle=True, random_state=1).split(X, y))
    name = Path(argument.rpartition(":")[0]).stem
    return [*of_rules(name, X, y, folds), *of_usual(name, X, y, folds)]


def _of_model(result, model):
    """Return the part of a result that is about one model."""
    return replace(result, scores=result.scores[result.scores["model"] == model])


def table_of(part):
    """Return the table of a metric: a row for each rule, strategy and pipeline."""
    wide = part.pivot_table(index=["table", "model"], columns="who", values="score")
    scores = wide[[who for who in wide if not who.startswith("kept")]]
    fixed = [who for who in scores if who in DEFAULT]
    gain = scores.sub(scores[NOTHING], axis=0)
    regret = -scores.sub(scores[fixed].max(axis=1), axis=0)
    keeps = {
        who.replace("kept", "rule"): wide[who].mean()
        for who in wide
        if who.startswith("kept")
    }
    return pd.DataFrame(
        {
            "gain": gain.mean(),
            "gain_error": error_of_mean(gain),
            "regret": regret.mean(),
            "regret_error": error_of_mean(regret),
            "loses": (gain < -NEGLIGIBLE).mean(),
            "rank": scores.round(9).rank(axis=1, ascending=False).mean(),
            "keeps": pd.Series(keeps),
        }
    )


def error_of_mean(values):
    """Return the standard error of the mean over tables."""
    by_table = values.groupby("table").mean()
    return by_table.std(ddof=1) / np.sqrt(len(by_table))


def show(frame):
    """Print a table for each metric."""
    for metric, part in frame.groupby("metric", sort=False):
        n_tables = part["table"].nunique()
        print(f"\n{metric}: {n_tables} tables, {part['model'].nunique()} models")
        print(table_of(part).to_string(float_format=lambda value: f"{value:.4f}"))


def main():
    warnings.simplefilter("ignore")
    rows = []
    for argument in sys.argv[1:]:
        rows += of_table(argument)
        print("#", argument, flush=True)
    show(pd.DataFrame(rows, columns=COLUMNS))


if __name__ == "__main__":
    main()
