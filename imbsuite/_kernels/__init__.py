"""The compiled core: what takes most of the time, in Cython, and nothing else.

Kernels know arrays and numbers of threads; no tables, no seeds, no errors for users. What
calls them has checked its input. Import them where they are used, as in ``from
imbsuite._kernels import rows``, so that ``import imbsuite`` loads none.
"""

from __future__ import annotations

import os

__all__ = ["threads_for"]

# A thread is worth waking for about a millisecond of work. When it is done it waits for
# more with all its might, for as long; where other processes want the processor, that is
# their time.
_CELLS_A_THREAD = 2**18
_process = os.getpid()


def threads_for(cells: int) -> int:
    """Return how many threads are worth it, for work in numbers of cells.

    No more than ``OMP_NUM_THREADS``, threadpoolctl and joblib's inner limits allow. One
    in a forked process: GNU's OpenMP waits there for threads that were left behind.
    """
    if cells < 2 * _CELLS_A_THREAD or os.getpid() != _process:
        return 1
    from sklearn.utils._openmp_helpers import _openmp_effective_n_threads

    return min(int(_openmp_effective_n_threads()), cells // _CELLS_A_THREAD)
