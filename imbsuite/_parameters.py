"""Parameters of estimators: annotated attributes of a class, stored by its ``__init__``.

A class defines a parameter in one line, ``m_neighbors: int = 10``, and also has the
parameters of its base class, after its own. The ``__init__`` that stores them is
generated from these lines; its arguments are keyword-only, except for parameters that are
defined with ``parameter(kw_only=False)``. To leave out a parameter of its base class, a
class sets it to ``parameter(init=False)``. Parameters that many samplers share are
documented and validated here, once: descriptions and constraints that a class does not
define are filled in.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Integral
from typing import Any, ClassVar, Literal, TypeAlias, dataclass_transform, get_origin

from sklearn.utils._param_validation import HasMethods, StrOptions

from imbsuite._arguments import explaining
from imbsuite._intervals import Interval
from imbsuite._random import SEEDS

Allocation: TypeAlias = Literal["even", "random"]


@dataclass(frozen=True)
class _Shared:
    """The scikit-learn constraint of a parameter, and its entry in docstrings."""

    constraint: Any
    entry: str


_SHARED = {
    "k_neighbors": _Shared(
        [Interval(Integral, 1, None, closed="left"), HasMethods(["fit", "kneighbors"])],
        """\
k_neighbors : int or object with ``fit`` and ``kneighbors``, default=5
    Number of nearest neighbors from which the partner of a seed is drawn. For a class
    of fewer than ``k_neighbors + 1`` rows, the number is reduced with a warning. An
    object such as scikit-learn's ``NearestNeighbors`` is fitted on scaled numbers and
    one-hot categories, with missing numbers replaced by the mean of the column. Its
    ``n_neighbors`` includes the row itself, as in imbalanced-learn, so 6 means 5
    neighbors. The fitted attribute ``neighbors_recall_`` is the recall of its search.
""",
    ),
    "seed_allocation": _Shared(
        [StrOptions({"even", "random"})],
        """\
seed_allocation : {"even", "random"}, default="even"
    "even": each of the m possible seeds is used floor(n / m) times, and the remainder
    is drawn without replacement. "random": seeds are drawn with replacement.
""",
    ),
    "reject": _Shared(
        [None, Interval(Integral, 1, None, closed="left")],
        """\
reject : int, default=None
    Number of nearest rows of the table that vote on each new row, its parents included.
    A new row is rejected if another class has more votes than its own class, as in
    ``EditedNearestNeighbours``. New rows are tested in the form in which they are
    returned, with their categories. At most ten times the planned number of rows is
    drawn. If too few are accepted, the missing rows are copies of their seeds (a step
    of 0), with a warning. None: no row is rejected.
""",
    ),
    "standardize": _Shared(
        ["boolean"],
        """\
standardize : bool, default=True
    Whether to divide columns by their standard deviation (over all rows of positive
    weight) for the neighbor search; two different categories then have distance 1. If
    False, columns keep their units, and the distance of two categories is the median
    standard deviation of the numeric columns within the class, as in SMOTE-NC.
""",
    ),
    "categorical_features": _Shared(
        ["array-like", str, int, None],
        """\
categorical_features : "from_dtype" or list, default="from_dtype"
    Names, positions or a boolean mask of the categorical columns. "from_dtype": string,
    category and boolean columns, and object columns with values other than numbers.
""",
    ),
    "categorical_rule": _Shared(
        [StrOptions({"step", "seed", "vote"})],
        """\
categorical_rule : {"step", "seed", "vote"}, default="step"
    How the category of a new row is chosen. "step": the category of the seed with
    probability 1 - u, otherwise the category of the partner, where u is the step.
    "seed": the category of the seed, which keeps the frequencies of the class. "vote":
    the most frequent category among the k neighbors, as in SMOTE-NC, which erases rare
    categories. Numbers that are missing in one parent follow the same rule ("step" for
    "vote").
""",
    ),
    "sampling_strategy": _Shared(
        "no_validation",
        """\
sampling_strategy : str, float, dict, Tempered or callable, default="auto"
    The plan: the minimum size of each class. "auto": every class gets the size of the
    largest class.
""",
    ),
    "cv": _Shared(
        "no_validation",
        """\
cv : int, float, splitter, list of (train, test) or "oob", default=5
    An int: the number of stratified folds, reduced with a warning if a class has fewer
    rows. A float: the fraction of rows in a single held-out set. Both keep rows of the
    same group together, and also exact copies of a row (the same features and label),
    which would leak the labels of test rows. Copies may be split if columns have so few
    values that rows repeat by chance. A splitter or a list is used unchanged. "oob":
    out-of-bag predictions of an ensemble (:class:`ResampledEnsembleClassifier`, or a
    forest or bagging classifier of scikit-learn, also as the last step of a pipeline),
    which is fitted once, with ``oob_score``. For multilabel targets, the ensemble is a
    forest, or one ensemble per label in ``MultiOutputClassifier``.
""",
    ),
    "random_state": _Shared(
        SEEDS,
        """\
random_state : int, Generator, RandomState or None, default=None
    Seed or source of random numbers. Pass an int for reproducible results.
""",
    ),
}

_HEADING = "Parameters\n----------\n"
# The value of a parameter of the base class that a class leaves out.
_LEFT_OUT = object()
# The blank line before the next section of a docstring.
_NEXT = re.compile(r"\n(?=\S.*\n-{3,}$)", re.MULTILINE)


def parameter(
    *,
    kw_only: bool = True,
    default: Any = inspect.Parameter.empty,
    init: bool = True,
) -> Any:
    """Return the value of a parameter in a class body, as ``dataclasses.field`` does.

    A parameter with ``kw_only=False`` can be passed by position. With ``init=False``,
    the class leaves out a parameter of its base class.
    """
    if not init:
        return _LEFT_OUT
    kind = inspect.Parameter
    how = kind.KEYWORD_ONLY if kw_only else kind.POSITIONAL_OR_KEYWORD
    return kind("parameter", how, default=default)


@dataclass_transform(
    kw_only_default=True, eq_default=False, field_specifiers=(parameter,)
)
class Parametrized:
    """Base class of estimators whose parameters are annotated class attributes."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        set_up_parameters(cls)


def set_up_parameters(cls: type) -> None:
    """Complete the ``__init__``, the constraints and the docstring of a class."""
    left_out = [name for name, value in vars(cls).items() if value is _LEFT_OUT]
    for name in left_out:
        delattr(cls, name)
    own = _own_parameters(cls)
    if "__init__" in vars(cls):
        cls.__init__ = explaining(cls.__init__)  # type: ignore[misc]
    elif own or left_out:
        cls.__init__ = explaining(_storing(cls, own, left_out))  # type: ignore[misc]
    signature = inspect.signature(cls.__init__)  # type: ignore[misc]
    names = [name for name in signature.parameters if name != "self"]
    if vars(cls).keys() & {"__init__", "_parameter_constraints"}:
        cls._parameter_constraints = _constraints(cls, names)  # type: ignore[attr-defined]
    if vars(cls).get("__doc__"):
        cls.__doc__ = _with_parameters(inspect.cleandoc(cls.__doc__ or ""), names)


def _own_parameters(cls: type) -> list[inspect.Parameter]:
    """Return the public attributes of the class body that are annotated and have a value.

    Class variables and fitted attributes (``name_``) are not included.
    """
    try:
        kinds = inspect.get_annotations(cls, eval_str=True)
    except NameError:  # a name for type checkers only
        kinds = inspect.get_annotations(cls)
    return [
        _parameter(cls, name).replace(annotation=kind)
        for name, kind in kinds.items()
        if name in vars(cls) and not name.startswith("_") and not name.endswith("_")
        if ClassVar not in (kind, get_origin(kind)) and "ClassVar" not in str(kind)
    ]


def _parameter(cls: type, name: str) -> inspect.Parameter:
    value = vars(cls)[name]
    if not isinstance(value, inspect.Parameter):
        value = parameter(default=value)
    if value.default is value.empty:
        delattr(cls, name)
    else:
        setattr(cls, name, value.default)
    return value.replace(name=name)


def _storing(
    cls: type, own: list[inspect.Parameter], left_out: list[str]
) -> Callable[..., None]:
    """Return an ``__init__`` that stores these parameters and those of the base class."""
    known = inspect.signature(cls.__init__).parameters.values()  # type: ignore[misc]
    ours = {*left_out, *(parameter.name for parameter in own)}
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    others = [p for p in known if p.name not in ours and p.kind not in variadic]
    # The sort is stable, and positional parameters come first.
    listed = sorted([*own, *others], key=lambda parameter: parameter.kind)
    defaults = {p.name: p.default for p in listed if p.name != "self"}

    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        passed = dict(zip(defaults, args, strict=False)) | kwargs
        for name, value in (defaults | passed).items():
            setattr(self, name, value)

    init.__name__ = "__init__"
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    init.__module__ = cls.__module__
    init.__signature__ = inspect.Signature(listed)  # type: ignore[attr-defined]
    init.__annotations__ = {
        p.name: p.annotation for p in listed if p.annotation is not p.empty
    }
    return init


def _constraints(cls: Any, names: list[str]) -> dict[str, Any]:
    """Return the scikit-learn constraints of the parameters of a class."""
    shared = {name: shared.constraint for name, shared in _SHARED.items()}
    inherited = getattr(super(cls, cls), "_parameter_constraints", {})
    known = shared | inherited | vars(cls).get("_parameter_constraints", {})
    return {name: known[name] for name in names if name in known}


def _with_parameters(doc: str, names: list[str]) -> str:
    """Return the docstring with an entry for each of ``names``, in this order."""
    before, heading, after = doc.partition(_HEADING)
    if not heading:
        # Before the first other section, or at the end.
        cut = _NEXT.search(doc)
        end = cut.start() if cut else len(doc)
        before, after = f"{doc[:end].rstrip()}\n\n", doc[end:]
    cut = _NEXT.search(after)
    end = cut.start() if cut else len(after)
    entries = _merged(_entries(after[:end]), names)
    return f"{before}{_HEADING}{entries}{after[end:]}" if entries else doc


def _entries(section: str) -> dict[str, str]:
    """Return the entries of a section, by the name of the parameter."""
    parts = re.findall(
        r"^\S.*\n(?:(?:[ ].*)?\n)*", f"{section.rstrip()}\n", re.MULTILINE
    )
    return {part.split(" : ")[0].strip().split("\n")[0]: part for part in parts}


def _merged(own: Mapping[str, str], names: list[str]) -> str:
    """Return entries in the order of ``names``, including shared entries.

    An entry without a type is appended to the shared entry as a remark.
    """
    others = [text for name, text in own.items() if name not in names]
    texts = list(others)
    for name in names:
        text = own.get(name, "")
        if name in _SHARED and " : " not in text.split("\n")[0]:
            text = _SHARED[name].entry + "".join(text.splitlines(keepends=True)[1:])
        texts.append(text)
    return "".join(texts)
