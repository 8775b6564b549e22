"""Mardia's measures, by hand and on Gaussian and other data."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.testing import assert_allclose

from imbsuite.explore import class_normality


def test_one_column_matches_hand_computation():
    # b1 is the squared skewness, b2 the kurtosis, of 0, 0, 0, 4: mean 1, variance 3.
    X = np.array([[0.0], [0.0], [0.0], [4.0], [1.0], [2.0]])
    measures = class_normality(X, ["a"] * 4 + ["b"] * 2).set_index("class")
    third, fourth = (3 * (-1) ** 3 + 3**3) / 4, (3 + 3**4) / 4
    assert_allclose(measures.loc["a", "skewness"], (third / 3**1.5) ** 2)
    assert_allclose(measures.loc["a", "kurtosis"], fourth / 9 - 3)
    assert_allclose(measures.loc["a", "kurtosis_z"], (fourth / 9 - 3) / np.sqrt(24 / 4))


def test_gaussian_classes_pass_and_others_do_not():
    # 200 Gaussian classes of 300 rows: p-values below 0.05 in about 5 % (SE 1.5 %).
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60_000, 3)), np.repeat(np.arange(200), 300)
    measures = class_normality(X @ rng.normal(size=(3, 3)) + 5, y)
    assert 0.01 < (measures["skewness_p"] < 0.05).mean() < 0.11
    assert 0.01 < (measures["kurtosis_z"].abs() > 1.96).mean() < 0.11
    skewed = class_normality(np.exp(X), y)
    assert (skewed["skewness_p"] < 1e-6).all()
    two = X + 4 * np.sign(X[:, :1])
    assert (class_normality(two, y)["kurtosis_z"] < -1.5).mean() > 0.9


def test_scale_does_not_matter_and_small_classes_get_nan():
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(60, 4)), np.repeat(["many", "few"], [56, 4])
    measures, scaled = (class_normality(t, y) for t in (X, X * [1e-6, 1, 1e6, 3] + 9))
    assert measures["class"].tolist() == ["many", "few"]
    assert np.isnan(measures.loc[1, "kurtosis"])
    pd.testing.assert_frame_equal(measures, scaled, rtol=1e-5)


def test_missing_values_categories_and_constants_are_left_out():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(rng.normal(size=(80, 2)), columns=["a", "b"])
    frame["text"], frame["one"] = "x", 1.0
    frame.loc[:9, "a"] = np.nan
    measures = class_normality(frame, np.repeat([0, 1], [60, 20]))
    assert measures["rows"].tolist() == [50, 20]
    assert measures["columns"].tolist() == [2, 2]
