# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Writing of output rows: copies of input rows, and rows between two input rows.

A new row is ``seed + step * (partner - seed)``, computed in float64, with the product
and the sum rounded separately. So it has the same bits as this formula in NumPy, but
seed and partner are read in place and the result is written to its final place, without
temporary arrays. If seed and partner are equal, or the step is 0, the cell is exactly
that of the seed. The speed is limited by the memory, which is why rows are distributed
among threads. Each row is written by one thread, from data that no thread changes, so
the number of threads does not change the result.

Positions must be in range, and ``out`` must not overlap the input; nothing is checked.
"""

from cython cimport floating
from cython.parallel cimport prange
from libc.float cimport DBL_MAX, FLT_MAX
from libc.math cimport fabs, isfinite, rint
from libc.stdint cimport (
    int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
)
from libc.string cimport memcpy

cdef extern from *:
    """
    static void fetch(const char *row, Py_ssize_t size) {
    #if defined(__GNUC__)
        for (Py_ssize_t at = 0; at < size; at += 64) __builtin_prefetch(row + at);
    #endif
    }
    """
    void fetch(const void *row, Py_ssize_t size) noexcept nogil

# Integer words, because compilers do not vectorize comparisons of floats.
cdef extern from *:
    """
    #include <stdint.h>
    #include <string.h>
    #define ALL_FINITE(name, real, word, exponent, unit) \\
        static int name(const real *cells, Py_ssize_t n) { \\
            word carried = 0, bits; \\
            for (Py_ssize_t j = 0; j < n; j++) { \\
                memcpy(&bits, &cells[j], sizeof(word)); \\
                carried |= (bits & exponent) + unit; \\
            } \\
            return !(carried & (exponent + unit)); \\
        }
    ALL_FINITE(finite_row_4, float, uint32_t, 0x7F800000u, 0x00800000u)
    ALL_FINITE(finite_row_8, double, uint64_t, 0x7FF0000000000000u, 0x0010000000000000u)
    """
    bint finite_row_4(const float *cells, Py_ssize_t n) noexcept nogil
    bint finite_row_8(const double *cells, Py_ssize_t n) noexcept nogil

ctypedef fused integer:
    int8_t
    int16_t
    int32_t
    int64_t
    uint8_t
    uint16_t
    uint32_t
    uint64_t

ctypedef fused index:
    int32_t
    int64_t

ctypedef fused number:
    float
    double
    int64_t
    uint64_t

ctypedef fused word:
    uint32_t
    uint64_t

# Number of rows that a thread writes at once.
cdef enum:
    PIECE = 256

# Below this number, float64 represents every integer exactly.
cdef int64_t EXACT = 2**53


def take_rows(const uint8_t[:, :] values, const Py_ssize_t[:] positions, uint8_t[:, :] out,
              int threads):
    """Write ``values[positions]`` (None: all) to ``out``; rows are contiguous bytes.

    While a long row is copied, the next row is prefetched, because the processor cannot
    predict its address.
    """
    cdef Py_ssize_t i, n = out.shape[0], width = out.shape[1]
    cdef bint whole = positions is None, fetches = not whole and width >= 256
    for i in prange(n, nogil=True, num_threads=threads, schedule="static"):
        if fetches and i + 1 < n:
            fetch(&values[positions[i + 1], 0], width)
        memcpy(&out[i, 0], &values[i if whole else positions[i], 0], width)


def all_finite(const word[::1] words, word exponent, word unit, int threads):
    """Return whether all floats, given by their bits, are finite.

    If a float is infinite or NaN, all bits of its ``exponent`` are set. Then, and only
    then, adding the lowest of these bits, the ``unit``, carries into the sign bit.
    """
    cdef Py_ssize_t i, n = words.shape[0]
    cdef word carried = 0
    for i in prange(n, nogil=True, num_threads=threads, schedule="static"):
        carried |= (words[i] & exponent) + unit
    return carried & (exponent + unit) == 0


def between_floats(const floating[:, :] values, const Py_ssize_t[:] seeds,
                   const Py_ssize_t[:] partners, const double[:] steps, floating[:, :] out,
                   int threads):
    """Write ``seed + step * (partner - seed)`` to ``out``, for any memory order.

    float32 is also computed in float64, because the difference of two large numbers
    would overflow.
    """
    cdef Py_ssize_t i, n = seeds.shape[0]
    for i in prange(0, n, PIECE, nogil=True, num_threads=threads, schedule="static"):
        between_piece(values, seeds, partners, steps, out, i, min(i + PIECE, n))


cdef void between_piece(const floating[:, :] values, const Py_ssize_t[:] seeds,
                        const Py_ssize_t[:] partners, const double[:] steps, floating[:, :] out,
                        Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    cdef Py_ssize_t i, j, d = values.shape[1]
    cdef const floating *near
    cdef const floating *far
    cdef floating *to
    if values.strides[1] != sizeof(floating) or out.strides[1] != sizeof(floating):
        for j in range(d):
            for i in range(start, stop):
                out[i, j] = finite_between(values[seeds[i], j], values[partners[i], j], steps[i])
        return
    cdef double step
    cdef bint finite
    for i in range(start, stop):
        near, far, to, step = &values[seeds[i], 0], &values[partners[i], 0], &out[i, 0], steps[i]
        if step == 0:
            memcpy(to, near, d * sizeof(floating))
            continue
        if step < 0:
            for j in range(d):
                to[j] = <floating>beyond(near[j], far[j], step)
        else:
            for j in range(d):
                to[j] = <floating>between(near[j], far[j], step)
        if floating is float:
            finite = finite_row_4(to, d)
        else:
            finite = finite_row_8(to, d)
        if not finite:
            for j in range(d):
                to[j] = finite_between(near[j], far[j], step)


# Both are near + step * (far - near), with the same rounding. If near and far are
# equal, a positive zero is subtracted, because adding it to -0.0 would give 0.0.
cdef inline double between(double near, double far, double step) noexcept nogil:
    return near - step * (near - far)


cdef inline double beyond(double near, double far, double step) noexcept nogil:
    return near - -step * (far - near)


cdef inline floating finite_between(floating near, floating far, double step) noexcept nogil:
    """Return ``between``; if it overflows, clipped to the finite range of the type."""
    if step == 0:
        return near
    cdef double made = between(near, far, step) if step > 0 else beyond(near, far, step)
    if not isfinite(made):
        # The difference of the two may be too large, or the step may be too large.
        made = (1.0 - step) * <double>near + step * <double>far
    cdef double largest = FLT_MAX if floating is float else DBL_MAX
    if made > largest and isfinite(near) and isfinite(far):
        made = largest
    if made < -largest and isfinite(near) and isfinite(far):
        made = -largest
    return <floating>made


def between_integers(const integer[:, :] values, const Py_ssize_t[:] seeds,
                     const Py_ssize_t[:] partners, const double[:] steps, integer low,
                     integer high, integer[:, :] out, int threads):
    """Write ``seed + round(step * (partner - seed))`` to ``out``, within the bounds.

    With a step in [0, 1], cells are between the two parents, whatever the bounds.
    """
    cdef Py_ssize_t i, j, n = seeds.shape[0], d = values.shape[1]
    for i in prange(n, nogil=True, num_threads=threads, schedule="static"):
        for j in range(d):
            out[i, j] = between_whole(
                values[seeds[i], j], values[partners[i], j], steps[i], low, high
            )


cdef inline integer between_whole(
    integer near, integer far, double step, integer low, integer high
) noexcept nogil:
    # Differences are computed, and the shift is added, modulo 2**64, because float64
    # cannot distinguish integers near 2**63.
    cdef bint inside = 0 <= step <= 1
    cdef int64_t offset = <int64_t>(<uint64_t>far - <uint64_t>near)
    if inside and -EXACT < offset < EXACT and (far >= near) == (offset >= 0):
        return <integer>(<uint64_t>near + <uint64_t><int64_t>rint(step * <double>offset))
    cdef bint rises = (far > near) == (step > 0)
    cdef uint64_t gap = <uint64_t>far - <uint64_t>near
    if far < near:
        gap = <uint64_t>near - <uint64_t>far
    cdef integer end = far
    if not inside:
        end = high if rises else low
    cdef uint64_t room = 0
    if rises and end > near:
        room = <uint64_t>end - <uint64_t>near
    elif not rises and end < near:
        room = <uint64_t>near - <uint64_t>end
    cdef double shift = rint(fabs(step) * <double>gap)
    cdef uint64_t size = room if shift >= <double>room else <uint64_t>shift
    return <integer>(<uint64_t>near + (size if rises else 0 - size))


def count_entries(const index[:] starts, const index[:] columns, const Py_ssize_t[:] seeds,
                  const Py_ssize_t[:] partners, int64_t[:] counts, int threads):
    """Write the number of distinct columns in each pair of rows of a CSR matrix.

    Columns are sorted within each row; ``starts`` is SciPy's indptr.
    """
    cdef Py_ssize_t i
    for i in prange(seeds.shape[0], nogil=True, num_threads=threads, schedule="static"):
        counts[i] = union_of(columns, starts, seeds[i], partners[i])


cdef inline Py_ssize_t union_of(
    const index[:] columns, const index[:] starts, Py_ssize_t seed, Py_ssize_t partner
) noexcept nogil:
    cdef Py_ssize_t a = starts[seed], a_end = starts[seed + 1]
    cdef Py_ssize_t b = starts[partner], b_end = starts[partner + 1]
    cdef Py_ssize_t both = 0
    if seed == partner:
        return a_end - a
    cdef Py_ssize_t total = a_end - a + b_end - b
    while a < a_end and b < b_end:
        if columns[a] == columns[b]:
            both, a, b = both + 1, a + 1, b + 1
        elif columns[a] < columns[b]:
            a += 1
        else:
            b += 1
    return total - both


def merge_rows(const index[:] starts, const index[:] columns, const number[:] data,
               const Py_ssize_t[:] seeds, const Py_ssize_t[:] partners, const double[:] steps,
               number low, number high, const index[:] out_starts, index[:] out_columns,
               number[:] out_data, int threads):
    """Write rows between two rows of a CSR matrix, as a merge of their entries.

    A column without an entry in one of the two rows is 0 there. A row that is its own
    partner is copied exactly. ``low`` and ``high`` limit integers only.
    """
    cdef Py_ssize_t i
    for i in prange(seeds.shape[0], nogil=True, num_threads=threads, schedule="static"):
        merge(
            starts, columns, data, seeds[i], partners[i], steps[i], low, high,
            out_starts[i], out_columns, out_data,
        )


cdef void merge(const index[:] starts, const index[:] columns, const number[:] data,
                Py_ssize_t seed, Py_ssize_t partner, double step, number low, number high,
                Py_ssize_t at, index[:] out_columns, number[:] out_data) noexcept nogil:
    cdef Py_ssize_t a = starts[seed], a_end = starts[seed + 1]
    cdef Py_ssize_t b = starts[partner], b_end = starts[partner + 1]
    cdef bint in_a, in_b
    cdef number near, far
    while a < a_end or b < b_end:
        if seed == partner:
            out_columns[at], out_data[at] = columns[a], data[a]
            a, b, at = a + 1, b + 1, at + 1
            continue
        in_a = a < a_end and (b == b_end or columns[a] <= columns[b])
        in_b = b < b_end and (a == a_end or columns[b] <= columns[a])
        out_columns[at] = columns[a] if in_a else columns[b]
        near = data[a] if in_a else 0
        far = data[b] if in_b else 0
        if number is float or number is double:
            out_data[at] = finite_between(near, far, step)
        else:
            out_data[at] = between_whole(near, far, step, low, high)
        a, b, at = a + in_a, b + in_b, at + 1
