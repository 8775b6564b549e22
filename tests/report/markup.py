"""A table with markup in its names, missing values, and many columns and classes."""

from __future__ import annotations

import numpy as np
import pandas as pd

ALARM = "<script>alert(1)</script>"
NAMES = [
    ALARM,
    "<img src=https://example.org/x.png onerror=alert(2)>",
    "</style><style>*{display:none}</style>",
    "{{ 7 * 7 }}{% raw %}",
    "\"><svg onload=alert(3)>'",
    "👩‍👩‍👧 größer & schöner",
    "مرحبا بالعالم",
    "\u202eright to left\u202c",
    "bell \x07 null \x00 tab\tline\nbreak",
    "",
    "x" * 5000,
]


def table_with_markup(n: int = 480, n_classes: int = 40, n_columns: int = 300):
    """Return features and labels, with at least two rows for each class."""
    rng = np.random.default_rng(0)
    codes = np.append(np.repeat(np.arange(n_classes), 4), rng.integers(0, 3, n))
    codes = codes[:n] if n >= 4 * n_classes else codes
    numbers = rng.normal(size=(len(codes), n_columns)) + codes[:, np.newaxis] / 10
    names = [*NAMES, *(f"column {i}" for i in range(n_columns - len(NAMES)))]
    X = pd.DataFrame(numbers.astype(np.float32), columns=names)
    X.iloc[:, 20] = np.nan
    X.iloc[::3, 21] = np.nan
    labels = [*NAMES[:-2], "y" * 3000, *(f"class {i}" for i in range(n_classes))]
    return X, np.array(labels[:n_classes], dtype=object)[codes]
