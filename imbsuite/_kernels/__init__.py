"""The compiled core: the loops that take most of the time, in Cython.

Kernels take arrays and a number of threads. They have no dataframes, random states or
error messages for users; their callers check the input. Import them where they are
used, as in ``from imbsuite._kernels import rows``, so that ``import imbsuite`` does not
load them. Each ``.pyx`` has an entry in ``meson.build`` and a ``.pyi`` for mypy.
"""

from __future__ import annotations

import os

__all__ = ["threads_for"]

# A thread pays off for about a millisecond of work. An idle OpenMP thread spins for about
# as long, and takes that time from other processes.
_CELLS_A_THREAD = 2**18
_process = os.getpid()


def threads_for(cells: int) -> int:
    """Return the number of threads for work on this number of cells.

    It is at most what ``OMP_NUM_THREADS``, threadpoolctl and joblib's inner limits allow,
    and 1 in a forked process, where GNU's OpenMP waits for threads of the parent.
    """
    if cells < 2 * _CELLS_A_THREAD or os.getpid() != _process:
        return 1
    from sklearn.utils._openmp_helpers import _openmp_effective_n_threads

    return min(int(_openmp_effective_n_threads()), cells // _CELLS_A_THREAD)
