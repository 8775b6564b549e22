"""Real tables with rare classes, small enough to be included in the package.

Each is a compressed CSV file with a JSON file that describes its columns and a license
file. Reading them requires pandas only.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils import Bunch

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

_DATA = files("imbsuite.datasets") / "data"


def load_abalone19(*, return_X_y: bool = False, as_frame: bool = True) -> Any:  # noqa: N803
    """Load abalone19: abalones with 19 rings (binary, with a very rare class).

    The table has 4174 rows and 8 columns (7 measurements and one categorical column,
    sex), without missing values. 32 rows (1 in 130) are positive and overlap with the
    other rows.

    Parameters
    ----------
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=True
        Return a pandas DataFrame and Series; otherwise NumPy arrays, the data of dtype
        object, since one column is categorical.

    Returns
    -------
    data : Bunch
        With ``data`` of shape (4174, 8), ``target`` of shape (4174,) with 1 for 19
        rings, ``frame`` (both, or None if not ``as_frame``), ``feature_names``,
        ``target_names`` (of the target values 0, 1), ``DESCR`` and ``licence``.
    (data, target) : tuple
        If ``return_X_y``.

    References
    ----------
    Nash, Sellers, Talbot, Cawthorn, Ford. Abalone. UCI Machine Learning Repository,
    1994, :doi:`10.24432/C55C7W`. CC BY 4.0.

    Examples
    --------
    >>> from imbsuite.datasets import load_abalone19
    >>> X, y = load_abalone19(return_X_y=True)
    >>> X.shape, int(y.sum())
    ((4174, 8), 32)
    """
    return _load("abalone19", as_tuple=return_X_y, as_frame=as_frame)


def load_hepatitis(*, return_X_y: bool = False, as_frame: bool = True) -> Any:  # noqa: N803
    """Load hepatitis: deaths of patients (binary), with mixed types and missing values.

    The table has 155 rows and 19 columns (6 numeric, 13 categorical). 32 rows are
    positive (1 in 4.8). 167 values are missing, in 75 rows and 15 columns.

    Parameters
    ----------
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=True
        Return a pandas DataFrame and Series; otherwise NumPy arrays, the data of dtype
        object, since some columns are categorical.

    Returns
    -------
    data : Bunch
        With ``data`` of shape (155, 19), ``target`` of shape (155,) with 1 for died,
        ``frame`` (both, or None if not ``as_frame``), ``feature_names``,
        ``target_names`` (of the target values 0, 1), ``DESCR`` and ``licence``.
    (data, target) : tuple
        If ``return_X_y``.

    References
    ----------
    Hepatitis. UCI Machine Learning Repository, 1988, :doi:`10.24432/C5Q59J`. CC BY 4.0.

    Examples
    --------
    >>> from imbsuite.datasets import load_hepatitis
    >>> X, y = load_hepatitis(return_X_y=True)
    >>> X.shape, int(X.isna().sum().sum())
    ((155, 19), 167)
    """
    return _load("hepatitis", as_tuple=return_X_y, as_frame=as_frame)


def load_wine_white(*, return_X_y: bool = False, as_frame: bool = True) -> Any:  # noqa: N803
    """Load wine_white: expert grades of white wines (ordinal, long-tailed).

    The table has 4898 rows, of which 937 are repeated, and 11 numeric columns without
    missing values. The seven ordered grades have 20, 163, 1457, 2198, 880, 175 and 5
    rows, so the lowest and the highest grades are rare.

    Parameters
    ----------
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=True
        Return a pandas DataFrame and Series; otherwise NumPy arrays.

    Returns
    -------
    data : Bunch
        With ``data`` of shape (4898, 11), ``target`` of shape (4898,) with 0 to 6 for
        the grades 3 to 9, ``frame`` (both, or None if not ``as_frame``),
        ``feature_names``, ``target_names`` (the grades), ``DESCR`` and ``licence``.
    (data, target) : tuple
        If ``return_X_y``.

    References
    ----------
    Cortez, Cerdeira, Almeida, Matos, Reis. Modeling wine preferences by data mining
    from physicochemical properties. Decision Support Systems 47(4), 2009,
    :doi:`10.1016/j.dss.2009.05.016`. Data: :doi:`10.24432/C56S3T`, CC BY 4.0.

    Examples
    --------
    >>> from imbsuite.datasets import load_wine_white
    >>> X, y = load_wine_white(return_X_y=True)
    >>> y.value_counts(sort=False).sort_index().tolist()
    [20, 163, 1457, 2198, 880, 175, 5]
    """
    return _load("wine_white", as_tuple=return_X_y, as_frame=as_frame)


def _load(name: str, *, as_tuple: bool, as_frame: bool) -> Any:
    about = json.loads(_read_text(f"{name}.json"))
    frame: Any = _read_frame(f"{name}.csv.gz", about["columns"])
    data, target = frame.drop(columns="target"), frame["target"].copy()
    feature_names = list(data.columns)
    if not as_frame:
        data, target, frame = data.to_numpy(), target.to_numpy(), None
    if as_tuple:
        return data, target
    terms = _read_text(f"{name}.LICENCE.txt")
    return Bunch(
        data=data,
        target=target,
        frame=frame,
        feature_names=feature_names,
        target_names=np.array(about["target_names"]),
        DESCR="\n".join([about["title"], "", *about["description"], "", terms]),
        licence=terms,
    )


def _read_frame(file: str, columns: Mapping[str, Any]) -> pd.DataFrame:
    """Return the table; ``columns`` gives a dtype or, in a list, the categories."""
    import pandas as pd

    dtypes = {
        name: pd.CategoricalDtype(kind) if isinstance(kind, list) else kind
        for name, kind in columns.items()
    }
    with (_DATA / file).open("rb") as stream:
        cells = pd.read_csv(
            stream,
            compression="gzip",
            dtype=str,
            # Only empty cells are missing values.
            keep_default_na=False,
            na_values=[""],
        )
    # Read as text first, because the parser's floats can be off in the last digit.
    return cells.astype(dtypes)


def _read_text(file: str) -> str:
    return (_DATA / file).read_text(encoding="utf-8")
