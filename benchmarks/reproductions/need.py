"""Is resampling needed? Real tables, default models, default strategies.

    python benchmarks/reproductions/need.py TABLE.parquet:TARGET[:GROUPS] ...

Printed for each table and model are the numbers of strategies that rank better and
worse than doing nothing (average precision), and the change by the best strategy; the
change of the log-loss by random over-sampling, before and after correction; and the
balanced accuracy of doing nothing with its own and with a tuned threshold, and of the
best strategy with a tuned threshold. Five folds with two repeats; better and worse are
verdicts of ``compare`` at 95 %, jointly for all strategies of a model.
"""

from __future__ import annotations

import argparse
import warnings

import pandas as pd

from imbsuite import compare

SHORT = {"logistic regression": "logistic", "histogram gradient boosting": "boosting"}


def row(comparison, model):
    """Return the cells of the line for a model."""
    mine = comparison[comparison["model"] == model].set_index(["strategy", "metric"])

    def of(metric):
        part = mine.xs(metric, level="metric").drop("nothing")
        return part.drop("tuned-threshold")

    ranked, tuned = of("average_precision"), of("balanced_accuracy_tuned")
    verdicts = ranked["verdict"].value_counts()
    best, labels = (part["difference"].idxmax() for part in (ranked, tuned))
    change = [
        mine.loc[("random-over", name), "difference"]
        for name in ("log_loss", "log_loss_corrected")
    ]
    plain = mine.loc[("nothing", "balanced_accuracy"), "mean"]
    alone = mine.loc[("tuned-threshold", "balanced_accuracy"), "mean"]
    return [
        SHORT[model],
        f"{verdicts.get('better', 0)} / {verdicts.get('worse', 0)}",
        f"{best} {_shown(ranked.loc[best])}",
        f"{change[0]:+.3f} -> {change[1]:+.3f}",
        f"{plain:.3f} -> {alone:.3f}",
        f"{labels} {_shown(tuned.loc[labels])}",
    ]


def _shown(record):
    return f"{record['difference']:+.3f} ({record['low']:+.3f}, {record['high']:+.3f})"


def main():
    parser = argparse.ArgumentParser(description="Is resampling needed?")
    parser.add_argument("tables", nargs="+")
    parser.add_argument("--jobs", type=int, default=-1)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    print(
        "table | model | better / worse | best AP | log-loss of random-over -> corrected "
        "| bal. acc. nothing -> tuned | best with thresholds tuned"
    )
    for argument in arguments.tables:
        path, target, *rest = argument.split(":")
        frame = pd.read_parquet(path)
        y = frame.pop(target)
        groups = frame.pop(rest[0]) if rest else None
        comparison = compare(frame, y, groups=groups, n_jobs=arguments.jobs)
        name = path.rpartition("/")[2].removesuffix(".parquet")
        for model in comparison.models:
            print(" | ".join([name, *row(comparison.summary(), model)]), flush=True)


if __name__ == "__main__":
    main()
