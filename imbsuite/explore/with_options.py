"""Run a comparison with given options, for ``compare`` and the command line."""

from __future__ import annotations

from typing import Any, Literal

from sklearn.utils._param_validation import validate_parameter_constraints

from imbsuite._intervals import JOBS
from imbsuite._warning import warn
from imbsuite.experiment.conclusion import conclude
from imbsuite.experiment.options import Options
from imbsuite.experiment.running import FitProgress, run_all
from imbsuite.experiment.setup import set_up
from imbsuite.experiment.store import open_store
from imbsuite.explore.comparison import Comparison
from imbsuite.explore.progress import check_progress, watched


def compare_with(
    X: Any,
    y: Any,
    options: Options,
    *,
    n_jobs: int | None,
    cache: Any,
    progress: FitProgress | Literal["auto"] | None,
    in_shell: bool = False,
) -> Comparison:
    """Return the comparison for these options; for the rest, see ``compare``.

    ``in_shell``: whether notes mention only options of the command line.
    """
    check_progress(progress)
    validate_parameter_constraints(
        {"n_jobs": JOBS}, {"n_jobs": n_jobs}, caller_name="compare"
    )
    store = open_store(cache)
    experiment = set_up(X, y, options, in_shell=in_shell)
    with watched(progress) as report:
        finished = run_all(experiment, store, n_jobs=n_jobs, progress=report)
    result = conclude(experiment, finished)
    for note in result.notes:
        warn(note)
    return Comparison(**vars(result))
