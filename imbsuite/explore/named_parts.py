"""A classifier with named models and strategies, which are parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from imbsuite._wrapping import DelegatingClassifier


class ClassifierOfNamedParts(DelegatingClassifier):
    """A classifier whose ``estimator`` and ``strategies`` may be named objects.

    In a mapping or a list of pairs, the objects have names. They are then parameters,
    and so are their own parameters, such as ``smote__k_neighbors``.
    """

    strategies: Any

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002
        """Return the parameters, including those of named models and strategies."""
        params: dict[str, Any] = super().get_params(deep=deep)
        for name, part in [*named(self.estimator), *named(self.strategies)] * deep:
            params[name] = part
            if hasattr(part, "get_params"):
                params |= {
                    f"{name}__{key}": value for key, value in part.get_params().items()
                }
        return params

    def set_params(self, **params: Any) -> Self:
        """Set parameters, including those of named models and strategies."""
        for attribute in ("estimator", "strategies"):
            if attribute in params:
                setattr(self, attribute, params.pop(attribute))
            parts = dict(named(getattr(self, attribute)))
            replaced = {name: params.pop(name) for name in parts if name in params}
            if replaced:
                setattr(self, attribute, [*(parts | replaced).items()])
        super().set_params(**params)
        return self

    def _refuse_names(self) -> None:
        """Raise ValueError for names that ``set_params`` would confuse."""
        names = [name for name, _ in [*named(self.estimator), *named(self.strategies)]]
        taken = [*super().get_params(deep=False)]
        refused = {n for n in names if n in taken or names.count(n) > 1 or "__" in n}
        if refused:
            msg = (
                f"Names of models and strategies in {type(self).__name__} must be unique, "
                "differ from its parameters and not contain '__'. Got "
                f"{sorted(refused)}."
            )
            raise ValueError(msg)

    def _models(self) -> dict[str, Any]:
        """Return the models by name; a single one is called "estimator"."""
        if self.estimator is None:
            return {}
        return dict(named(self.estimator)) or {"estimator": self.estimator}


def named(parts: Any) -> list[tuple[str, Any]]:
    """Return pairs of names and objects; empty if the objects have no names."""
    if isinstance(parts, Mapping):
        return list(parts.items())
    pairs = isinstance(parts, list) and all(
        isinstance(part, tuple) and len(part) == 2 for part in parts
    )
    return list(parts) if pairs else []


def as_mapping(parts: Any) -> Any:
    """Return a list of pairs as a mapping, anything else unchanged."""
    return dict(named(parts)) or parts
