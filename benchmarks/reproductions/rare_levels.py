"""The share of a rare category level in new rows, with each rule of SMOTE.

    python benchmarks/reproductions/rare_levels.py [--seeds 50]

A class has 200 rows, with two Gaussian columns and a category; a few rows, at random
places, have a rare level, and all others have a common one. The class is over-sampled
to 2,000 rows. Printed is the share of the rare level among the new rows, divided by its
share in the class: means and standard errors over seeds.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

from imbsuite import SMOTE

CLASS, GROWN = 200, 2_000


def kept(rule: str, rare: int, seed: int) -> float:
    """Return the share of the rare level among new rows / its share in the class."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(GROWN + CLASS, 2)), columns=["a", "b"])
    X["level"] = "common"
    X.loc[X.index[-rare:], "level"] = "rare"
    y = np.repeat([0, 1], [GROWN, CLASS])
    sampler = SMOTE(categorical_rule=rule, random_state=seed)
    new = sampler.fit_resample(X, y)[0]["level"][GROWN + CLASS :]
    return float((new == "rare").mean() / (rare / CLASS))


def main() -> None:
    """Print a line for each number of rows with the rare level."""
    parser = argparse.ArgumentParser(description="rare levels under each rule")
    parser.add_argument("--seeds", type=int, default=50)
    seeds = range(parser.parse_args().seeds)
    rules = ("step", "seed", "vote")
    print(f"{'rare rows':10}" + "".join(f"{rule:>16}" for rule in rules))
    for rare in (2, 5, 10, 20):
        line = f"{rare:<10}"
        for rule in rules:
            shares = np.array([kept(rule, rare, seed) for seed in seeds])
            error = shares.std(ddof=1) / np.sqrt(len(shares))
            line += f"{shares.mean():10.3f} ±{error:5.3f}"
        print(line)


if __name__ == "__main__":
    main()
