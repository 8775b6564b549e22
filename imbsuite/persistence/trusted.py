"""Types that a model file may contain: loading them runs no code from the file.

skops writes each object with the name of its type, and refuses to load unknown types.
The types below were reviewed one by one: their objects are created from attributes
alone; none opens a file, starts a process or imports a module that the file names; and
the functions are called with numbers or tables only, when the model predicts.
Manipulated trees may still crash the process, because scikit-learn does not check where
their branches lead. ``functools.partial`` calls a function, which is a separate type in
the file, so it is loaded only if that function is listed too. A ``ZoneInfo`` reads the
rules of the time zone that it names, only from the time zone database.
"""

from __future__ import annotations

from imbsuite import samplers

_FUNCTIONS_AND_PARTS = (
    "datetime.timedelta",
    "datetime.timezone",
    "functools.partial",
    "numpy.dtype",
    "pandas.DatetimeTZDtype",
    "scipy._lib.array_api_compat.numpy._aliases.asarray",
    "scipy.interpolate._bsplines.BSpline",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.gaussian_process._gpc._BinaryGaussianProcessClassifierLaplace",
    "sklearn.gaussian_process.kernels.ConstantKernel",
    "sklearn.gaussian_process.kernels.Product",
    "sklearn.gaussian_process.kernels.RBF",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.tree._tree.Tree",
    "sklearn.utils.validation.check_array",
    "zoneinfo.ZoneInfo",
)
_OF_SKRUB = (
    "skrub._apply_to_each_col.ApplyToEachCol",
    "skrub._check_input.CheckInputDataFrame",
    "skrub._clean_categories.CleanCategories",
    "skrub._clean_null_strings.CleanNullStrings",
    "skrub._dataframe._common.is_any_date",
    "skrub._dataframe._common.is_categorical",
    "skrub._dataframe._common.is_numeric",
    "skrub._datetime_encoder.DatetimeEncoder",
    "skrub._datetime_encoder._SplineEncoder",
    "skrub._drop_uninformative.DropUninformative",
    "skrub._duration_to_float.DurationToFloat",
    "skrub._squashing_scaler.SquashingScaler",
    "skrub._squashing_scaler._MinMaxScaler",
    "skrub._string_encoder.StringEncoder",
    "skrub._table_vectorizer.PassThrough",
    "skrub._table_vectorizer.ShortReprDict",
    "skrub._table_vectorizer.TableVectorizer",
    "skrub._table_vectorizer._created_by_predicate",
    "skrub._to_categorical.ToCategorical",
    "skrub._to_datetime.ToDatetime",
    "skrub._to_float.ToFloat",
    "skrub._to_str.ToStr",
    "skrub.selectors._base.All",
    "skrub.selectors._base.And",
    "skrub.selectors._base.Cols",
    "skrub.selectors._base.Filter",
    "skrub.selectors._base.Sub",
    "skrub.selectors._selectors._cardinality_below",
)
_OF_IMBSUITE = (
    "imbsuite._gaussian.calibration.Calibration",
    "imbsuite._gaussian.calibration.Units",
    "imbsuite.cluster.balanced.BalancedKMeans",
    "imbsuite.cluster.encoder.SubclassEncoder",
    "imbsuite.decision.constrained.ConstrainedThresholdClassifier",
    "imbsuite.decision.cost.CostThresholdClassifier",
    "imbsuite.decision.costs.Costs",
    "imbsuite.decision.prior.PriorThresholdClassifier",
    "imbsuite.decision.tuned.TunedThresholdClassifier",
    "imbsuite.losses.boosted.BoostedLossClassifier",
    "imbsuite.losses.linear.LinearLossClassifier",
    "imbsuite.losses.link.FittedLink",
    "imbsuite.losses.log_probability.BoundLogProbability",
    "imbsuite.losses.log_probability.CompSumLoss",
    "imbsuite.losses.log_probability.FocalLoss",
    "imbsuite.losses.log_probability.LogLoss",
    "imbsuite.losses.metric.MetricLoss",
    "imbsuite.losses.objectives.BoostingObjective",
    "imbsuite.meta.cooldown.CooldownClassifier",
    "imbsuite.meta.ensemble.ResampledEnsembleClassifier",
    "imbsuite.meta.label_sampler.LabelSampler",
    "imbsuite.meta.mlsmote.MLSMOTE",
    "imbsuite.meta.pseudo_label.PseudoLabelClassifier",
    "imbsuite.meta.resampled.ResampledClassifier",
    "imbsuite.meta.rescaled.RescaledClassifier",
    "imbsuite.meta.subclass.SubclassClassifier",
    "imbsuite.ordinal.presto.PrestoClassifier",
    "imbsuite.ordinal.presto_cv.PrestoClassifierCV",
    "imbsuite.ordinal.proportional_odds.ProportionalOddsClassifier",
    "imbsuite.probability.corrected.PriorCorrectedClassifier",
    "imbsuite.probability.label_model.LabelModel",
    "imbsuite.probability.partial.KnownLabel",
    "imbsuite.probability.partial.PartialLabelClassifier",
    "imbsuite.probability.shift.LabelShiftAdapter",
    "imbsuite.samplers.subclass._Sizes",
    "imbsuite.temperature.Cooldown",
)

_SAMPLERS = {
    f"{kind.__module__}.{kind.__qualname__}"
    for kind in (getattr(samplers, name) for name in dir(samplers))
    if isinstance(kind, type)
}

TRUSTED = frozenset({*_FUNCTIONS_AND_PARTS, *_OF_SKRUB, *_OF_IMBSUITE, *_SAMPLERS})
