"""Labels that are wrong or missing: what remedies change, and what they cost.

    python benchmarks/reproductions/labels.py DIRECTORY [--seeds 5] [--only PART ...]

DIRECTORY holds the tables yeast, letter, page_blocks, shuttle, soybean, wine_white,
covid_testing and diamonds_clarity as ``NAME.parquet`` with a column "target". Parts:

- suspects: rows of each class that are worth reviewing;
- wrong: two classes; A: labels of 30 % of the rare rows exchanged with common ones,
  B: 20 % of all labels flipped, C: clean labels, which show the cost of remedies;
- many: many classes, balanced weights; clean labels show the cost;
- missing: 20 rare and 380 common labels (yeast 180), up to 1,500 rows without a label;
- virtual: rows drawn from Gaussians instead of real ones;
- influence: influential rows, and the formula compared with exact refits;
- seconds: the time of suspect_labels on 100,000 rows of 20 classes (not by default).

Printed are changes from the same model fitted to all rows, with means and standard
errors over tables and seeds. cleanlab is measured if it is installed.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

from influence_and_draws import influence, virtual
from missing_labels import missing
from wrong_labels import many, seconds, suspects, wrong

PARTS = {
    "suspects": suspects,
    "wrong": wrong,
    "many": many,
    "missing": missing,
    "virtual": virtual,
    "influence": influence,
    "seconds": seconds,
}
DEFAULT = [part for part in PARTS if part != "seconds"]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("directory", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=DEFAULT)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    for part in options.only:
        PARTS[part](options.directory, options.seeds)


if __name__ == "__main__":
    main()
