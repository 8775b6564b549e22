# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The exact k nearest rows by float64 distance; ties are broken by position.

Every pair is first computed in float32 (scan.h), where the error of a distance is at
most

    g (|x|² / 2)  from the query  +  g (h + |y|² / 2)  from the point,   g = (D + 4) 2⁻²⁴

(D products summed one by one, and two roundings; |x·y| ≤ (|x|² + |y|²) / 2). The bound
is subtracted from each point and added to each limit, so no pair that float64 would
choose is missed. With the opposite sign, the bound and the k smallest products so far
limit the distance of the k-th nearest point. So pairs wait until the limit has become
lower, and only a few are left to be measured in float64. Hence the result does not
depend on rounding, on the order of the search or on the number of threads.

Points may be in clusters. With D_i the squared distance to center i, D_i - D_j is
linear with a gradient of length 2 |c_i - c_j|; if it is at least M_ji in cluster j, the
distance of a row x to all of cluster j is at least

    max( √D_j(x) - r_j,  (M_ji - D_i(x) + D_j(x)) / (2 |c_i - c_j|) )

by the triangle inequality and its counterpart for half-spaces. Here, i is the center
nearest to x. A cluster that is farther away than the k-th nearest point so far is
skipped.
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
        double (*squared)(const double *, const double *, Py_ssize_t) noexcept nogil
        int width
    const Instructions *instructions(int)
    int lowest_bit(unsigned)
    void scaled_double(const double *, Py_ssize_t, const double *, const double *,
                       Py_ssize_t, double *)
    void scaled_float(const float *, Py_ssize_t, const double *, const double *,
                      Py_ssize_t, double *)
    double pack(const double *, const double *, double, Py_ssize_t, const Py_ssize_t *,
                Py_ssize_t, double, int, float *, double *)
    double gapped(const double *, const double *, Py_ssize_t, double)

# Queries are searched in blocks, so that points are fetched once for a whole block.
cdef enum:
    TILES = 16
    BLOCK = 96
    CHUNK_FLOATS = 4096
    # Maximum number of pairs of one query that wait to be measured.
    WAITING = 32
BLOCK_ROWS = BLOCK

# A limit that every pair is below, and half the squared length of an empty place.
cdef float ALWAYS = 1e37
cdef float NEVER = 3e38
# Points and queries with a larger squared length, in units of the size of the data, are
# compared in float64 only.
cdef double WILD = 1e30
# Below float32's normal numbers, errors are absolute.
cdef double TINY = 1e-37


cdef struct Rows:
    const double *doubles    # either this or singles
    const float *singles
    const int *codes
    const double *shift
    const double *spread
    Py_ssize_t d, c, down, across, codes_down, codes_across


cdef struct Asked:
    Rows table
    const Py_ssize_t *rows   # the queries
    const Py_ssize_t *labels
    double *squared          # (queries, k)
    Py_ssize_t *found
    Py_ssize_t n, k
    bint inside


cdef struct Workspace:
    float *tiles             # (TILES, columns + categories, TILE)
    double *exact            # (BLOCK + 1, d): the queries, scaled, and one point
    float *far               # (BLOCK, clusters): squared distances to the centers
    float *bounds            # (BLOCK, k): upper bounds of the nearest, sorted
    Py_ssize_t places[BLOCK][WAITING]
    float products[BLOCK][WAITING]
    int waiting[BLOCK]
    float limits[BLOCK]
    double norms[BLOCK]      # |x|²
    double errors[BLOCK]
    double kth[BLOCK]        # the squared distance to beat, scaled
    double radius[BLOCK]     # its square root
    float sums[96]
    unsigned below[6]
    bint wild[BLOCK]


@cython.final
cdef class Table:
    """Rows that are scaled whenever they are read; no scaled copy of them is kept.

    Parameters
    ----------
    values : ndarray of shape (n, d), float32 or float64, NaN where missing
    codes : ndarray of shape (n, c), int32
    shift, spread : (d,) float64; rows become (x - shift) / spread, in the type of x
    """

    cdef readonly object values, codes, shift, spread
    cdef Rows rows

    def __init__(self, values, codes, shift, spread):
        cdef const double[:, :] doubles
        cdef const float[:, :] singles
        cdef const int[:, :] cells = codes
        cdef const double[::1] shifts = shift, spreads = spread
        self.values, self.codes, self.shift, self.spread = values, codes, shift, spread
        self.rows.d, self.rows.c = values.shape[1], codes.shape[1]
        self.rows.down, self.rows.across = np.array(values.strides) // values.itemsize
        self.rows.codes_down, self.rows.codes_across = np.array(codes.strides) // 4
        self.rows.codes = &cells[0, 0]
        self.rows.shift, self.rows.spread = &shifts[0], &spreads[0]
        if values.dtype == np.float32:
            singles = values
            self.rows.singles = &singles[0, 0]
        else:
            doubles = values
            self.rows.doubles = &doubles[0, 0]


@cython.final
cdef class Index:
    """Points prepared for searches.

    Parameters
    ----------
    table : the points are rows of it
    m2 : the squared distance of two different categories
    gaps : positions of the columns in which NaN may occur
    center, scale : float32 is used for (x - center) * scale; scale is a power of 2
    order : the row in each place, -1 for none; its length is a multiple of 16
    starts : the first panel of each cluster, and the number of panels
    threads : the number of threads
    widest : the maximum number of float32 in the registers to use
    """

    cdef readonly object order
    cdef Table table
    cdef Py_ssize_t n_gaps, width
    cdef double m2, scale, growth
    cdef double[::1] center
    cdef Py_ssize_t[::1] gap_columns, places, starts
    cdef float[::1] panels, halves, errors
    cdef float largest       # the largest squared length of a point
    cdef Panels ready
    cdef const Instructions *using
    # Clusters; see the docstring of this module.
    cdef Index centers
    cdef float[:, ::1] margins, apart
    cdef float[::1] radii
    cdef Py_ssize_t[:, ::1] visits

    def __init__(self, Table table, double m2, gaps, center, double scale, order, starts,
                 int threads, int widest=LANES):
        self.table, self.m2, self.scale, self.center = table, m2, scale, center
        self.gap_columns, self.n_gaps = gaps, len(gaps)
        self.order, self.places, self.starts = order, order, starts
        self.ready.columns = table.rows.d + 2 * self.n_gaps
        self.ready.categories = table.rows.c
        self.ready.unequal = m2 * scale * scale / 2 if table.rows.c else 0
        self.width = self.ready.columns + self.ready.categories
        self.growth = (self.width + 6) * 2.0**-24 * 1.01
        self.using = instructions(widest)
        # The addresses are multiples of the width of a register.
        self.panels = _aligned(len(order) * self.width)
        self.halves, self.errors = _aligned(len(order)), _aligned(len(order))
        self.ready.panels, self.ready.halves = &self.panels[0], &self.halves[0]
        cdef Workspace *works = self._workspaces(threads, 0)
        cdef Py_ssize_t place
        for place in prange(self.places.shape[0], nogil=True, num_threads=threads):
            self._pack_point(place, works[threadid()].exact)
        _release(works, threads)

    cdef double _pack(self, Rows rows, Py_ssize_t row, bint query, double *exact, float *out,
                      double *size) noexcept nogil:
        """Write a row in float64, as it is measured, and in float32; return |x|²."""
        cdef double norm, m2 = self.m2 * self.scale * self.scale
        cdef Py_ssize_t i, stride = TILE if query else LANES
        cdef const Py_ssize_t *gaps = &self.gap_columns[0] if self.n_gaps else NULL
        cdef const double *center = &self.center[0] if rows.d else NULL
        _scale(rows, row, exact)
        norm = pack(exact, center, self.scale, rows.d, gaps, self.n_gaps, m2, query, out, size)
        if not size[0] < WILD:
            for i in range(self.ready.columns):
                out[i * stride] = 0
        for i in range(self.ready.categories):
            # Different codes that are equal in float32 only make rows look nearer.
            out[(self.ready.columns + i) * stride] = <float> _code(rows, row, i)
        return norm

    cdef void _pack_point(self, Py_ssize_t place, double *exact) noexcept nogil:
        cdef Py_ssize_t panel = place // LANES, lane = place % LANES, i
        cdef float *out = &self.panels[panel * self.width * LANES + lane]
        cdef double size = 0, norm, error
        if self.places[place] < 0:
            for i in range(self.width):
                out[i * LANES] = 0
            self.halves[place] = NEVER
            return
        norm = self._pack(self.table.rows, self.places[place], False, exact, out, &size)
        if size < WILD:
            error = self.growth * (norm / 2 + size / 2)
            self.halves[place] = nextafterf(<float> (norm / 2 - error), -INFINITY)
            # The error was subtracted once, may occur once more, and was rounded.
            self.errors[place] = <float> (3 * error)
        else:
            self.halves[place], self.errors[place] = -ALWAYS, INFINITY

    cdef inline double _squared(self, Rows rows, Py_ssize_t row, Py_ssize_t point, Py_ssize_t q,
                                Workspace *work) noexcept nogil:
        """Return the squared distance in float64, which determines the result."""
        cdef Py_ssize_t i, unequal = 0
        cdef double sum
        cdef double *x = work.exact + q * rows.d
        cdef double *y = work.exact + BLOCK * rows.d
        _scale(self.table.rows, point, y)
        sum = (gapped(x, y, rows.d, self.m2) if self.n_gaps
               else self.using.squared(x, y, rows.d))
        for i in range(self.ready.categories):
            unequal += _code(rows, row, i) != _code(self.table.rows, point, i)
        return sum + self.m2 * unequal

    cdef Py_ssize_t _load(self, Rows rows, const Py_ssize_t *order, Py_ssize_t count,
                          Workspace *work) noexcept nogil:
        """Pack the queries of a block; return their number."""
        cdef Py_ssize_t q
        cdef float *tile
        cdef double size = 0
        count = min(<Py_ssize_t> BLOCK, count)
        for q in range(BLOCK):
            tile = work.tiles + (q // TILE) * self.width * TILE + q % TILE
            work.limits[q], work.waiting[q] = -ALWAYS * 10, 0
            if q < count:
                work.norms[q] = self._pack(rows, order[q], True, work.exact + q * rows.d, tile,
                                           &size)
                work.wild[q], work.limits[q] = not size < WILD, ALWAYS
                work.errors[q] = TINY + self.growth * (
                    size / 2 + self.ready.unequal * <double> self.ready.categories)
        return count

    cdef inline void _lower(self, double limit, Py_ssize_t q, Workspace *work) noexcept nogil:
        """Lower the limit of pairs that may be nearest, rounded up for any sign."""
        limit = limit + work.errors[q]
        limit = limit + fabs(limit) * 2.0**-23
        if limit < work.limits[q] and not work.wild[q]:
            work.limits[q] = <float> limit

    cdef inline void _beat(self, double kth, Py_ssize_t q, Workspace *work) noexcept nogil:
        """Set the squared distance that a point must beat."""
        work.kth[q] = kth * self.scale * self.scale * (1 + 1e-15 * (self.width + 4))
        self._lower((work.kth[q] - work.norms[q]) / 2, q, work)

    cdef inline void _note(self, const Asked *asked, Py_ssize_t i, Py_ssize_t panel, Py_ssize_t q,
                           Workspace *work) noexcept nogil:
        """Add the pairs of query i below the limit of the scan to those that wait."""
        cdef unsigned below = work.below[q % TILE]
        cdef Py_ssize_t place, j
        cdef float product, bound
        cdef float *bounds = work.bounds + q * asked.k
        while below:
            place = panel * LANES + lowest_bit(below)
            below &= below - 1
            product = work.sums[(q % TILE) * LANES + place % LANES]
            # The limit may have become lower since the scan.
            if (self.places[place] < 0 or product >= work.limits[q]
                    or (asked.inside and self.places[place] == asked.rows[i])):
                continue
            if work.waiting[q] == WAITING:
                self._measure(asked, i, q, work)
            work.places[q][work.waiting[q]] = place
            work.products[q][work.waiting[q]] = product
            work.waiting[q] += 1
            bound, j = <float> (product + work.errors[q] + self.errors[place]), asked.k - 1
            if bound < bounds[j]:
                while j > 0 and bound < bounds[j - 1]:
                    bounds[j] = bounds[j - 1]
                    j -= 1
                bounds[j] = bound
                # The sums in the bound may have been rounded down.
                bound = bounds[asked.k - 1]
                self._lower(bound + fabs(bound) * 2.0**-23, q, work)

    cdef void _measure(self, const Asked *asked, Py_ssize_t i, Py_ssize_t q,
                       Workspace *work) noexcept nogil:
        """Measure the pairs of query i that wait; keep the nearest."""
        cdef Py_ssize_t w, point, j, last = asked.k - 1
        cdef double *squared = asked.squared + i * asked.k
        cdef Py_ssize_t *found = asked.found + i * asked.k
        cdef double value
        for w in range(work.waiting[q]):
            point = self.places[work.places[q][w]]
            if (work.products[q][w] >= work.limits[q]
                    or (squared[last] == 0 and point > found[last])):
                continue
            value = self._squared(asked.table, asked.rows[i], point, q, work)
            if value > squared[last] or (value == squared[last] and point > found[last]):
                continue
            j = last
            while j > 0 and (value < squared[j - 1]
                             or (value == squared[j - 1] and point < found[j - 1])):
                squared[j], found[j] = squared[j - 1], found[j - 1]
                j -= 1
            squared[j], found[j] = value, point
            self._beat(squared[last], q, work)
        work.waiting[q] = 0

    cdef void _to_centers(self, const Panels *centers, Py_ssize_t count,
                          Workspace *work) noexcept nogil:
        """Write the squared distances of the block to all centers."""
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
        """Return the maximum error of squared distances to centers."""
        return <float> (8 * self.growth * (work.norms[q] + self.centers.largest) + TINY)

    cdef bint _reaches(self, Py_ssize_t q, Py_ssize_t near, Py_ssize_t j,
                       Workspace *work) noexcept nogil:
        """Return whether cluster j may contain a nearer point for a query."""
        cdef Py_ssize_t m = self.radii.shape[0]
        cdef float *far = work.far + q * m
        cdef double error = self._error(q, work), radius = work.radius[q]
        if work.wild[q]:
            return True
        if far[j] - error > (radius + self.radii[j]) * (radius + self.radii[j]):
            return False
        return j == near or self.margins[j, near] - far[near] + far[j] - 2 * error <= (
            radius * self.apart[near, j])

    cdef Py_ssize_t _scan_cluster(self, const Asked *asked, Py_ssize_t block, Py_ssize_t j,
                                  bint *active, Workspace *work) noexcept nogil:
        """Search one cluster for the active tiles; return the number of blocks of pairs."""
        cdef Py_ssize_t step = max(<Py_ssize_t> 1, CHUNK_FLOATS // max(LANES * self.width, 1))
        cdef Py_ssize_t start = self.starts[j], stop, panel, tile, q, done = 0
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
                            self._note(asked, block * BLOCK + q, panel, q, work)
                    panel += 1
            start = stop
        for q in range(min(<Py_ssize_t> BLOCK, asked.n - block * BLOCK)):
            self._measure(asked, block * BLOCK + q, q, work)
        return done

    cdef Py_ssize_t _search_block(self, const Asked *asked, Py_ssize_t block, bint prune,
                                  bint local, Workspace *work) noexcept nogil:
        cdef Py_ssize_t first = block * BLOCK, m = self.starts.shape[0] - 1, k = asked.k
        cdef Py_ssize_t count = self._load(asked.table, asked.rows + first, asked.n - first, work)
        cdef Py_ssize_t q, turn, j, near = 0, done = 0
        cdef bint active[TILES]
        cdef bint any_active, full, stale = True
        for q in range(count * k):
            work.bounds[q] = INFINITY
        for q in range(count):
            self._beat(asked.squared[(first + q) * k + k - 1], q, work)
        if asked.labels != NULL:
            near = asked.labels[first + count // 2]
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
                        active[q // TILE] = self._reaches(q, asked.labels[first + q], j, work)
            for q in range(TILES):
                any_active |= active[q]
            stale = any_active
            if any_active:
                done += self._scan_cluster(asked, block, j, active, work)
            if local:
                full = True
                for q in range(count):
                    full &= asked.squared[(first + q) * k + k - 1] < INFINITY
                if full:
                    break
        return done

    cdef Workspace *_workspaces(self, int threads, Py_ssize_t k) except NULL:
        cdef Workspace *works = <Workspace *> calloc(threads, sizeof(Workspace))
        cdef Py_ssize_t i, d = self.table.rows.d, m = self.starts.shape[0]
        cdef bint whole = works != NULL
        if whole:
            for i in range(threads):
                works[i].tiles = <float *> calloc(TILES * TILE * self.width + 1, sizeof(float))
                works[i].exact = <double *> calloc((BLOCK + 1) * d + 1, sizeof(double))
                works[i].far = <float *> calloc(BLOCK * m, sizeof(float))
                works[i].bounds = <float *> calloc(BLOCK * k + 1, sizeof(float))
                whole &= (works[i].tiles != NULL and works[i].exact != NULL
                          and works[i].far != NULL and works[i].bounds != NULL)
        if not whole:
            _release(works, threads)
            raise MemoryError
        return works

    def search(self, Table table, const Py_ssize_t[::1] rows, const Py_ssize_t[::1] labels,
               const Py_ssize_t[::1] blocks, double[:, ::1] squared, Py_ssize_t[:, ::1] found,
               bint prune, bint local, int threads):
        """Update ``squared`` and ``found`` with nearer points, in place.

        Returns the number of blocks of pairs that were read, of 6 x 16 pairs each.

        Parameters
        ----------
        table, rows : the queries; if the table is that of the points, no row is its own
            neighbor
        labels : the center nearest to each query; may be empty if there are no clusters
        blocks : the blocks of 96 queries to search
        squared, found : (queries, k), sorted; a point must beat the last entry. The
            entries of ``found`` are rows of the points' table; at equal distances, the
            first row is the nearest
        prune : whether to skip clusters
        local : whether to stop when k points have been found in nearby clusters
        threads : the number of threads
        """
        cdef Asked asked
        cdef Py_ssize_t i, done = 0
        asked.table, asked.inside = table.rows, table is self.table
        asked.rows, asked.n, asked.k = &rows[0], rows.shape[0], squared.shape[1]
        asked.labels = &labels[0] if labels.shape[0] else NULL
        asked.squared, asked.found = &squared[0, 0], &found[0, 0]
        cdef Workspace *works = self._workspaces(threads, asked.k)
        for i in prange(blocks.shape[0], nogil=True, num_threads=threads, schedule="dynamic"):
            done += self._search_block(&asked, blocks[i], prune, local, &works[threadid()])
        _release(works, threads)
        return done

    def describe_clusters(self, Index centers, squared_apart, visits, int threads):
        """Compute the extents of clusters, so that they can be skipped."""
        cdef Py_ssize_t m = self.starts.shape[0] - 1, j
        self.centers = centers
        centers.largest = np.max(2 * np.asarray(centers.halves)[: m]) * (1 + 1e-3)
        self.visits = visits
        self.margins = np.full((m, m), np.inf, dtype=np.float32)
        self.radii = np.zeros(m, dtype=np.float32)
        apart = 2 * np.sqrt(squared_apart) * self.scale
        # Never 0: its product with infinity, the radius until k points are found, must
        # be infinity.
        self.apart = np.maximum(apart * (1 + 1e-6), 1e-30).astype(np.float32)
        cdef Workspace *works = self._workspaces(threads, 0)
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
            i = first + block * BLOCK
            count = self._load(self.table.rows, &self.places[i], last - i, work)
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
            free(works[i].exact)
            free(works[i].far)
            free(works[i].bounds)
    free(works)


cdef inline void _scale(Rows rows, Py_ssize_t row, double *out) noexcept nogil:
    if rows.doubles != NULL:
        scaled_double(rows.doubles + row * rows.down, rows.across, rows.shift, rows.spread,
                      rows.d, out)
    else:
        scaled_float(rows.singles + row * rows.down, rows.across, rows.shift, rows.spread,
                     rows.d, out)


cdef inline int _code(Rows rows, Py_ssize_t row, Py_ssize_t i) noexcept nogil:
    return rows.codes[row * rows.codes_down + i * rows.codes_across]


def register_widths():
    """Return the possible values of ``widest``: numbers of float32 per register."""
    return sorted({instructions(width).width for width in (1, 8, 16)})


def _aligned(Py_ssize_t size):
    """Return a float32 array whose address is a multiple of 64 bytes."""
    room = np.empty(size + 16, dtype=np.float32)
    start = (-room.ctypes.data % 64) // 4
    return room[start : start + max(size, 1)]
