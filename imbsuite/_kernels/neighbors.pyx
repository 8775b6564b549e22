# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The exact k nearest rows, by float64 distance; equal distances go by position.

Every pair is looked at in float32 (scan.h), where a distance is off by no more than

    g (|x|² / 2)  from the query  +  g (h + |y|² / 2)  from the point,   g = (D + 4) 2⁻²⁴

(D products summed one by one, and two roundings; |x·y| ≤ (|x|² + |y|²) / 2). The bound is
taken off each point and added to each limit, so no pair that float64 would choose is missed,
and whatever passes is measured in float64. Hence the result does not depend on rounding, on
the order of the search or on the number of threads.

Points may stand in clusters. With D_i the squared distance to centre i, D_i - D_j is linear
with a gradient 2 |c_i - c_j| long; if it is at least M_ji in cluster j, a row x is at least

    max( √D_j(x) - r_j,  (M_ji - D_i(x) + D_j(x)) / (2 |c_i - c_j|) )

from all of cluster j, the triangle inequality and its like for half-spaces. i is the centre
next to x. A cluster that is farther than the k-th nearest so far is skipped.
"""

cimport cython
from cython.parallel cimport prange, threadid
from libc.math cimport INFINITY, fabs, nextafterf, sqrt
from libc.stdlib cimport calloc, free

import numpy as np

cdef extern from "scan.h" nogil:
    int TILE, LANES
    ctypedef struct Panels:
        const float *panels
        const float *halves
        Py_ssize_t columns, categories
        float unequal
    ctypedef struct Instructions:
        Py_ssize_t (*scan)(const Panels *, const float *, const float *, Py_ssize_t,
                           Py_ssize_t, float *, unsigned *) noexcept nogil
        double (*squared_double)(const double *, const double *, Py_ssize_t) noexcept nogil
        double (*squared_float)(const float *, const float *, Py_ssize_t) noexcept nogil
        int width
    const Instructions *instructions(int)
    int lowest_bit(unsigned)
    double pack_double(const double *, const double *, double, Py_ssize_t,
                       const Py_ssize_t *, Py_ssize_t, double, int, float *, double *)
    double pack_float(const float *, const double *, double, Py_ssize_t,
                      const Py_ssize_t *, Py_ssize_t, double, int, float *, double *)
    double gapped_double(const double *, const double *, Py_ssize_t, double)
    double gapped_float(const float *, const float *, Py_ssize_t, double)

# Queries that are searched for together: what is fetched of the points serves all of them.
cdef enum:
    TILES = 16
    BLOCK = 96
    CHUNK_FLOATS = 4096
BLOCK_ROWS = BLOCK

# A limit that every pair is below, and the half square of a place that holds no point.
cdef float ALWAYS = 1e37
cdef float NEVER = 3e38
# Squared lengths beyond this one, in units of the data's own size, are not float32's.
cdef double WILD = 1e30
# Below float32's normal numbers, errors are absolute.
cdef double TINY = 1e-37


cdef struct Rows:
    const double *doubles    # one of the two
    const float *singles
    const int *codes


cdef struct Workspace:
    float *tiles             # (TILES, columns + categories, TILE)
    float *far               # (BLOCK, clusters): squared distances to the centres
    float limits[BLOCK]
    double norms[BLOCK]      # |x|²
    double errors[BLOCK]
    double kth[BLOCK]        # the squared distance to be beaten, scaled
    double radius[BLOCK]     # its root
    float sums[96]
    unsigned below[6]
    bint wild[BLOCK]


@cython.final
cdef class Index:
    """Points made ready to be searched.

    Parameters
    ----------
    points : C-contiguous ndarray of shape (n, d), float32 or float64, NaN where missing
    codes : C-contiguous ndarray of shape (n, c), int32
    m2 : the squared distance of two different categories
    gaps : positions of the columns in which NaN may occur
    center, scale : what float32 sees is (x - center) scale; scale is a power of 2
    order : the point in each place, -1 for none; a multiple of 16
    starts : the first panel of each cluster, and the number of panels
    widest : the registers to be used hold at most so many float32
    """

    cdef readonly object points, codes, gaps
    cdef readonly Py_ssize_t n
    cdef Py_ssize_t d, n_gaps, width
    cdef double m2, scale, growth
    cdef double[::1] center
    cdef readonly object order
    cdef Py_ssize_t[::1] gap_columns, places, starts
    cdef float[::1] panels, halves
    cdef float largest       # the longest squared length of a point
    cdef Rows rows
    cdef Panels ready
    cdef const Instructions *using
    # What is known of the clusters: see the head of this file.
    cdef Index centers
    cdef float[:, ::1] margins, apart
    cdef float[::1] radii
    cdef Py_ssize_t[:, ::1] visits

    def __init__(self, points, codes, double m2, gaps, center, double scale, order, starts,
                 int threads, int widest=LANES):
        self.points, self.codes, self.gaps = points, codes, gaps
        self.rows = _rows(points, codes)
        self.n, self.d = points.shape
        self.m2, self.scale, self.center = m2, scale, center
        self.gap_columns, self.n_gaps = gaps, len(gaps)
        self.order, self.places, self.starts = order, order, starts
        self.ready.columns = self.d + 2 * self.n_gaps
        self.ready.categories = codes.shape[1]
        self.ready.unequal = m2 * scale * scale / 2 if codes.shape[1] else 0
        self.width = self.ready.columns + self.ready.categories
        self.growth = (self.width + 6) * 2.0**-24 * 1.01
        self.using = instructions(widest)
        # The address is a multiple of a register's width.
        self.panels = _aligned(len(order) * self.width)
        self.halves = _aligned(len(order))
        self.ready.panels, self.ready.halves = &self.panels[0], &self.halves[0]
        cdef Py_ssize_t place
        for place in prange(self.places.shape[0], nogil=True, num_threads=threads):
            self._pack_point(place)

    cdef double _pack(self, Rows rows, Py_ssize_t row, bint query, float *out,
                      double *size) noexcept nogil:
        cdef double norm, m2 = self.m2 * self.scale * self.scale
        cdef Py_ssize_t i, d = self.d, c = self.ready.categories
        cdef Py_ssize_t stride = TILE if query else LANES
        cdef const Py_ssize_t *gaps = &self.gap_columns[0] if self.n_gaps else NULL
        cdef const double *center = &self.center[0] if d else NULL
        if rows.doubles != NULL:
            norm = pack_double(rows.doubles + row * d, center, self.scale, d, gaps,
                               self.n_gaps, m2, query, out, size)
        else:
            norm = pack_float(rows.singles + row * d, center, self.scale, d, gaps,
                              self.n_gaps, m2, query, out, size)
        if not size[0] < WILD:
            for i in range(self.ready.columns):
                out[i * stride] = 0
        for i in range(c):
            # Codes that float32 rounds to one another only look nearer than they are.
            out[(self.ready.columns + i) * stride] = <float> rows.codes[row * c + i]
        return norm

    cdef void _pack_point(self, Py_ssize_t place) noexcept nogil:
        cdef Py_ssize_t panel = place // LANES, lane = place % LANES, i
        cdef float *out = &self.panels[panel * self.width * LANES + lane]
        cdef double size = 0, norm
        if self.places[place] < 0:
            for i in range(self.width):
                out[i * LANES] = 0
            self.halves[place] = NEVER
            return
        norm = self._pack(self.rows, self.places[place], False, out, &size)
        if size < WILD:
            norm = norm / 2 - self.growth * (norm / 2 + size / 2)
            self.halves[place] = nextafterf(<float> norm, -INFINITY)
        else:
            self.halves[place] = -ALWAYS

    cdef inline double _squared(self, Rows rows, Py_ssize_t row, Py_ssize_t point) noexcept nogil:
        """Return the distance that counts."""
        cdef Py_ssize_t d = self.d, c = self.ready.categories, i, unequal = 0
        cdef double sum
        if rows.doubles != NULL:
            if self.n_gaps:
                sum = gapped_double(rows.doubles + row * d, self.rows.doubles + point * d, d,
                                    self.m2)
            else:
                sum = self.using.squared_double(rows.doubles + row * d,
                                                self.rows.doubles + point * d, d)
        elif self.n_gaps:
            sum = gapped_float(rows.singles + row * d, self.rows.singles + point * d, d,
                               self.m2)
        else:
            sum = self.using.squared_float(rows.singles + row * d,
                                           self.rows.singles + point * d, d)
        for i in range(c):
            unequal += rows.codes[row * c + i] != self.rows.codes[point * c + i]
        return sum + self.m2 * unequal

    cdef Py_ssize_t _load(self, Rows rows, const Py_ssize_t[::1] order, Py_ssize_t block,
                          Workspace *work) noexcept nogil:
        """Pack the queries of a block; return how many there are."""
        cdef Py_ssize_t q, count = min(<Py_ssize_t> BLOCK, order.shape[0] - block * BLOCK)
        cdef float *tile
        cdef double size = 0
        for q in range(BLOCK):
            tile = work.tiles + (q // TILE) * self.width * TILE + q % TILE
            work.limits[q] = -ALWAYS * 10
            if q < count:
                work.norms[q] = self._pack(rows, order[block * BLOCK + q], True, tile, &size)
                work.wild[q] = not size < WILD
                work.errors[q] = TINY + self.growth * (
                    size / 2 + self.ready.unequal * <double> self.ready.categories)
        return count

    cdef inline void _limit(self, double kth, Py_ssize_t q, Workspace *work) noexcept nogil:
        """Set what a pair must be below to be measured."""
        cdef double limit
        work.kth[q] = kth * self.scale * self.scale * (1 + 1e-15 * (self.width + 4))
        limit = (work.kth[q] - work.norms[q]) / 2 + work.errors[q]
        # Rounded up, whatever its sign.
        limit = limit + fabs(limit) * 2.0**-23
        work.limits[q] = ALWAYS if work.wild[q] or not limit < ALWAYS else <float> limit

    cdef inline void _measure(self, Rows rows, Py_ssize_t row, Py_ssize_t own, Py_ssize_t panel,
                       Py_ssize_t q, Workspace *work, double *squared, Py_ssize_t *found,
                       Py_ssize_t k) noexcept nogil:
        """Measure the pairs of one query that scan has let through; keep the nearest."""
        cdef unsigned below = work.below[q % TILE]
        cdef Py_ssize_t lane, point, i
        cdef double value
        while below:
            lane = lowest_bit(below)
            below &= below - 1
            point = self.places[panel * LANES + lane]
            # The limit may have sunk since the scan.
            if (point < 0 or point == own
                    or work.sums[(q % TILE) * LANES + lane] >= work.limits[q]
                    or (squared[k - 1] == 0 and point > found[k - 1])):
                continue
            value = self._squared(rows, row, point)
            if value > squared[k - 1] or (value == squared[k - 1] and point > found[k - 1]):
                continue
            i = k - 1
            while i > 0 and (value < squared[i - 1]
                             or (value == squared[i - 1] and point < found[i - 1])):
                squared[i], found[i] = squared[i - 1], found[i - 1]
                i -= 1
            squared[i], found[i] = value, point
            self._limit(squared[k - 1], q, work)

    cdef void _to_centers(self, const Panels *centers, Py_ssize_t count,
                          Workspace *work) noexcept nogil:
        """Write the squared distances of the block to all centres."""
        cdef Py_ssize_t m = self.starts.shape[0] - 1, panels = (m + LANES - 1) // LANES
        cdef Py_ssize_t tile, panel, q, lane
        cdef float limits[6]
        for q in range(TILE):
            limits[q] = NEVER
        for tile in range((count + TILE - 1) // TILE):
            for panel in range(panels):
                self.using.scan(centers, work.tiles + tile * self.width * TILE, limits, panel,
                                panel + 1, work.sums, work.below)
                for q in range(tile * TILE, min(tile * TILE + TILE, count)):
                    for lane in range(min(<Py_ssize_t> LANES, m - panel * LANES)):
                        work.far[q * m + panel * LANES + lane] = <float> (
                            2 * work.sums[(q % TILE) * LANES + lane] + work.norms[q])

    cdef float _error(self, Py_ssize_t q, Workspace *work) noexcept nogil:
        """Return how far off squared distances to centres may be."""
        return <float> (8 * self.growth * (work.norms[q] + self.centers.largest) + TINY)

    cdef bint _reaches(self, Py_ssize_t q, Py_ssize_t near, Py_ssize_t j,
                       Workspace *work) noexcept nogil:
        """Return whether cluster j may hold a nearer point for a query."""
        cdef Py_ssize_t m = self.radii.shape[0]
        cdef float *far = work.far + q * m
        cdef double error = self._error(q, work), radius = work.radius[q]
        if work.wild[q]:
            return True
        if far[j] - error > (radius + self.radii[j]) * (radius + self.radii[j]):
            return False
        return j == near or self.margins[j, near] - far[near] + far[j] - 2 * error <= (
            radius * self.apart[near, j])

    cdef Py_ssize_t _scan_cluster(self, Rows rows, const Py_ssize_t[::1] order,
                                  const Py_ssize_t[::1] own, Py_ssize_t block, Py_ssize_t j,
                                  bint *active, Workspace *work, double[:, ::1] squared,
                                  Py_ssize_t[:, ::1] found) noexcept nogil:
        """Search one cluster for the active tiles; return the number of blocks of pairs."""
        cdef Py_ssize_t step = max(<Py_ssize_t> 1, CHUNK_FLOATS // max(LANES * self.width, 1))
        cdef Py_ssize_t start, stop, panel, tile, q, row, done = 0, k = squared.shape[1]
        start = self.starts[j]
        while start < self.starts[j + 1]:
            stop = min(start + step, self.starts[j + 1])
            for tile in range(TILES):
                if not active[tile]:
                    continue
                done += stop - start
                panel = start
                while panel < stop:
                    panel = self.using.scan(
                        &self.ready, work.tiles + tile * self.width * TILE,
                        work.limits + tile * TILE, panel, stop, work.sums, work.below)
                    if panel == stop:
                        break
                    for q in range(tile * TILE, tile * TILE + TILE):
                        if work.below[q - tile * TILE]:
                            row = order[block * BLOCK + q]
                            self._measure(rows, row, own[row] if own.shape[0] else -1, panel,
                                          q, work, &squared[row, 0], &found[row, 0], k)
                    panel += 1
            start = stop
        return done

    cdef Py_ssize_t _search_block(self, Rows rows, const Py_ssize_t[::1] order,
                                  const Py_ssize_t[::1] own, const Py_ssize_t[::1] labels,
                                  Py_ssize_t block, bint prune, bint local, Workspace *work,
                                  double[:, ::1] squared,
                                  Py_ssize_t[:, ::1] found) noexcept nogil:
        cdef Py_ssize_t count = self._load(rows, order, block, work)
        cdef Py_ssize_t m = self.starts.shape[0] - 1, k = squared.shape[1]
        cdef Py_ssize_t q, turn, j, near = 0, done = 0
        cdef bint active[TILES]
        cdef bint any_active, full, stale = True
        for q in range(count):
            self._limit(squared[order[block * BLOCK + q], k - 1], q, work)
        if labels.shape[0]:
            near = labels[order[block * BLOCK + count // 2]]
        if prune:
            self._to_centers(&self.centers.ready, count, work)
        for turn in range(m):
            j = self.visits[near, turn] if m > 1 else 0
            any_active = False
            for q in range(TILES):
                active[q] = not prune and q * TILE < count
            if prune:
                for q in range(count):
                    if stale:
                        work.radius[q] = sqrt(work.kth[q]) * (1 + 1e-6)
                    if not active[q // TILE]:
                        active[q // TILE] = self._reaches(
                            q, labels[order[block * BLOCK + q]], j, work)
            for q in range(TILES):
                any_active |= active[q]
            stale = any_active
            if any_active:
                done += self._scan_cluster(rows, order, own, block, j, active, work, squared,
                                           found)
            if local:
                full = True
                for q in range(count):
                    full &= squared[order[block * BLOCK + q], k - 1] < INFINITY
                if full:
                    break
        return done

    cdef Workspace *_workspaces(self, int threads) except NULL:
        cdef Workspace *works = <Workspace *> calloc(threads, sizeof(Workspace))
        cdef Py_ssize_t i
        cdef bint whole = works != NULL
        if whole:
            for i in range(threads):
                works[i].tiles = <float *> calloc(TILES * TILE * self.width + 1, sizeof(float))
                works[i].far = <float *> calloc(BLOCK * self.starts.shape[0], sizeof(float))
                whole &= works[i].tiles != NULL and works[i].far != NULL
        if not whole:
            _release(works, threads)
            raise MemoryError
        return works

    def search(self, queries, codes, const Py_ssize_t[::1] order, const Py_ssize_t[::1] own,
               const Py_ssize_t[::1] labels, const Py_ssize_t[::1] blocks,
               double[:, ::1] squared, Py_ssize_t[:, ::1] found, bint prune, bint local,
               int threads):
        """Improve ``squared`` and ``found`` by what is nearer.

        Parameters
        ----------
        queries, codes : as ``points`` and ``codes``
        order : the queries, those that stand together side by side
        own : the point that each query is, -1 for none; may be empty
        labels : the centre next to each query; may be empty if there are no clusters
        blocks : which blocks of 96 in ``order`` to search for
        squared, found : (queries, k), sorted; a point must beat the last entry
        prune : whether to skip clusters
        local : whether to stop where k have been found in the clusters nearby

        Returns
        -------
        int
            How many blocks of pairs were looked at, 6 x 16 pairs each.
        """
        cdef Rows rows = _rows(queries, codes)
        cdef Py_ssize_t i, done = 0
        cdef Workspace *works = self._workspaces(threads)
        for i in prange(blocks.shape[0], nogil=True, num_threads=threads, schedule="dynamic"):
            done += self._search_block(rows, order, own, labels, blocks[i], prune, local,
                                       &works[threadid()], squared, found)
        _release(works, threads)
        return done

    def describe_clusters(self, Index centers, squared_apart, visits,
                          int threads):
        """Learn how far clusters reach, so that they can be skipped."""
        cdef Py_ssize_t m = self.starts.shape[0] - 1, j
        self.centers = centers
        centers.largest = np.max(2 * np.asarray(centers.halves)[: m]) * (1 + 1e-3)
        self.visits = visits
        self.margins = np.full((m, m), np.inf, dtype=np.float32)
        self.radii = np.zeros(m, dtype=np.float32)
        apart = 2 * np.sqrt(squared_apart) * self.scale
        # Never 0: infinity times it, the bound while nothing is found, must be infinity.
        self.apart = np.maximum(apart * (1 + 1e-6), 1e-30).astype(np.float32)
        cdef Workspace *works = self._workspaces(threads)
        for j in prange(m, nogil=True, num_threads=threads, schedule="dynamic"):
            self._describe(j, &works[threadid()])
        _release(works, threads)

    cdef void _describe(self, Py_ssize_t j, Workspace *work) noexcept nogil:
        cdef Py_ssize_t m = self.radii.shape[0], block, q, i, count, first, last
        cdef float error, value
        cdef float *far
        first, last = self.starts[j] * LANES, self.starts[j + 1] * LANES
        while last > first and self.places[last - 1] < 0:
            last -= 1
        for block in range((last - first + BLOCK - 1) // BLOCK):
            count = self._load(self.rows, self.places[first:last], block, work)
            self._to_centers(&self.centers.ready, count, work)
            for q in range(count):
                far, error = work.far + q * m, self._error(q, work)
                value = <float> (sqrt(max(<float> 0, far[j] + error)) * (1 + 1e-6))
                self.radii[j] = max(self.radii[j], INFINITY if work.wild[q] else value)
                for i in range(m):
                    value = -INFINITY if work.wild[q] else far[i] - far[j] - 2 * error
                    if value < self.margins[j, i]:
                        self.margins[j, i] = value


cdef void _release(Workspace *works, int threads) noexcept:
    cdef Py_ssize_t i
    if works != NULL:
        for i in range(threads):
            free(works[i].tiles)
            free(works[i].far)
    free(works)


cdef Rows _rows(points, codes):
    cdef Rows rows
    cdef const double[::1] doubles
    cdef const float[::1] singles
    cdef const int[::1] flat = codes.reshape(-1)
    rows.codes = &flat[0] if flat.shape[0] else NULL
    rows.doubles, rows.singles = NULL, NULL
    if points.dtype == np.float32:
        singles = points.reshape(-1)
        rows.singles = &singles[0] if singles.shape[0] else <const float *> 1
    else:
        doubles = points.reshape(-1)
        rows.doubles = &doubles[0] if doubles.shape[0] else <const double *> 1
    return rows


def register_widths():
    """Return what ``widest`` can be on this processor: how many float32 a register holds."""
    return sorted({instructions(width).width for width in (1, 8, 16)})


def _aligned(Py_ssize_t size):
    """Return float32 that starts at a multiple of 64 bytes."""
    room = np.empty(size + 16, dtype=np.float32)
    start = (-room.ctypes.data % 64) // 4
    return room[start : start + max(size, 1)]
