# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Rows are gathered, by several threads.

Speed is that of the memory: a row is copied as bytes, so that one function serves every
type. Each output row is written by one thread from inputs that nobody changes, so the
result does not depend on their number.
"""

from cython.parallel cimport prange
from libc.string cimport memcpy


def take_rows(
    const unsigned char[:, ::1] values,
    const Py_ssize_t[:] positions,
    unsigned char[:, ::1] out,
    int threads,
):
    """Write ``values[positions]`` to ``out``; all positions must be in range."""
    cdef Py_ssize_t i, n = positions.shape[0], width = values.shape[1]
    if width == 0:
        return
    for i in prange(n, nogil=True, num_threads=threads, schedule="static"):
        memcpy(&out[i, 0], &values[positions[i], 0], width)
