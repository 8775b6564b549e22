"""Pipelines whose encoders are fitted once for all strategies of a fold.

Encoding a table takes longer than fitting a linear model to it. An encoder (all steps
of a pipeline except the last) that does not read labels is therefore fitted once to the
training rows, and only the new rows of a resampled table are encoded. An encoder that
reads labels depends on the class sizes, and is fitted to the resampled rows of every
strategy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils.metaestimators import available_if

from imbsuite._keys import digest
from imbsuite._table import stack, take
from imbsuite.experiment.codes import Codes, most_codes
from imbsuite.experiment.columnwise import encode
from imbsuite.scoring.memo import (
    CachedDraw,
    EncoderTrial,
    FoldCache,
    Recorded,
    record,
)


@dataclass(frozen=True)
class _Encoder:
    """A fitted encoder, and the tables that it has encoded.

    ``codes``: category codes of encoded tables, if the model accepts them.
    """

    fitted: Pipeline
    recorded: Recorded
    codes: Codes | None = None
    # By identity, with the table itself, so that the identity is not reused.
    known: dict[int, tuple[Any, Any]] = field(default_factory=dict)

    @classmethod
    def fit(cls, steps: Pipeline, X: Any, y: Any, most: int) -> Self:
        steps = clone(steps)
        encoded, recorded = record(lambda: steps.fit_transform(X, y))
        codes = Codes.of(encoded, most)
        encoded = encoded if codes is None else codes.encode(encoded)
        return cls(steps, recorded, codes, {id(X): (X, encoded)})

    def encode(self, X: Any) -> Any:
        if id(X) not in self.known:
            self.known[id(X)] = X, self._encode(X)
        return self.known[id(X)][1]

    def encode_draw(self, draw: CachedDraw) -> Any:
        """Return the encoded resampled rows, without encoding copies again."""
        copied = draw.copied()
        if copied is None:
            return self._encode(draw.X)
        rows, sources = copied
        old = take(self.encode(draw.source), sources)
        new = np.setdiff1d(np.arange(len(draw.y)), rows)
        if not len(new):
            return old
        both = stack(old, self._encode(take(draw.X, new)))
        in_order = np.argsort(np.concatenate([rows, new]))
        ordered = (np.diff(in_order) == 1).all()
        return both if ordered else take(both, in_order)

    def _encode(self, X: Any) -> Any:
        encoded = encode(self.fitted, X)
        return encoded if self.codes is None else self.codes.encode(encoded)


def share_encoder(estimator: Any, cache: FoldCache) -> Any:
    """Return a pipeline that shares its encoder; return other estimators unchanged."""
    if type(estimator) is not Pipeline or len(estimator.steps) < 2:
        return estimator
    # The user's own memory, or transformed fit parameters, need the pipeline itself.
    if estimator.memory is not None or estimator.transform_input:
        return estimator
    shared = SharingPipeline(estimator.steps)
    shared.cache_ = cache
    return shared


def _last_has(method: str) -> Callable[[Any], bool]:
    return lambda self: hasattr(self.steps[-1][1], method)


class SharingPipeline(Pipeline):  # type: ignore[misc]
    """A pipeline that takes encoders and encoded rows from a cache.

    Attributes
    ----------
    cache_ : FoldCache
        Clones share it.
    seconds_saved_ : float
        The time saved because the encoder was in the cache; else 0.
    """

    steps: list[tuple[str, Any]]
    cache_: FoldCache
    seconds_saved_ = 0.0
    _encoder: _Encoder | None = None

    def __sklearn_clone__(self) -> Self:
        fresh = type(self)([(name, clone(step)) for name, step in self.steps])
        fresh.cache_ = self.cache_
        return fresh

    def fit(self, X: Any, y: Any = None, **params: Any) -> Self:
        """Fit the last step, which may get weights, to the encoded rows."""
        steps, name = Pipeline(self.steps[:-1]), self.steps[-1][0]
        of_last = {key.removeprefix(f"{name}__"): v for key, v in params.items()}
        others = {key for key in params if not key.startswith(f"{name}__")}
        draw = self.cache_.drawn(X)
        source, labels = (X, y) if draw is None else (draw.source, draw.source_y)
        if others or (draw is not None and self._reads_labels(steps, source, labels)):
            return super().fit(X, y, **params)
        self._encoder = encoder = self._find(steps, source, labels)
        encoded = encoder.encode(X) if draw is None else encoder.encode_draw(draw)
        model = self.steps[-1][1]
        if encoder.codes is not None:
            model = clone(model).set_params(categorical_features=encoder.codes.mask)
        last = model.fit(encoded, y, **of_last)
        self.steps = [*encoder.fitted.steps, (name, last)]
        return self

    def _reads_labels(self, steps: Pipeline, X: Any, y: Any) -> bool:
        if self.cache_.trial is None:
            self.cache_.trial = EncoderTrial.of(X, y)
        return self.cache_.trial.reads_labels(steps)

    def _find(self, steps: Pipeline, X: Any, y: Any) -> _Encoder:
        most = most_codes(self.steps[-1][1])
        key = id(X), digest(steps), most
        encoders = self.cache_.encoders
        known: _Encoder | None = encoders.get(key)
        if known is None:
            known = encoders[key] = _Encoder.fit(steps, X, y, most)
        else:
            self.seconds_saved_ = known.recorded.seconds
        known.recorded.repeat()
        return known

    def _encoded(self, X: Any) -> Any:
        if self._encoder is None:
            return self[:-1].transform(X)
        return self._encoder.encode(X)

    @available_if(_last_has("predict"))  # type: ignore[untyped-decorator]
    def predict(self, X: Any) -> Any:
        """Return the labels that the last step predicts."""
        return self.steps[-1][1].predict(self._encoded(X))

    @available_if(_last_has("predict_proba"))  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> Any:
        """Return the probabilities that the last step predicts."""
        return self.steps[-1][1].predict_proba(self._encoded(X))

    @available_if(_last_has("decision_function"))  # type: ignore[untyped-decorator]
    def decision_function(self, X: Any) -> Any:
        """Return the scores of the last step."""
        return self.steps[-1][1].decision_function(self._encoded(X))
