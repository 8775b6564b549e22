/* Blocks of pairs, in the widest registers that the processor has.

With b a point and a a query, both centered, scaled and rounded to float32,

    |a - b|² / 2 - |a|² / 2 = |b|² / 2 - a·b,

so a pair can be among the nearest only if |b|² / 2 - a·b is below a limit that depends
only on the query. `scan` computes this for 6 queries and 16 points at a time, with 96
sums that never leave the registers, and returns at the first block with a pair below
its limit. Such pairs are measured again in float64, from differences, which lose no
digits.

The matrix product of a library would write all pairs to memory and read them again,
which pays off only from about a hundred columns, and its threads are not under our
control. The file includes itself once for each instruction set, and `instructions`
selects one at run time, so that a build runs on every processor. Points are stored in
panels of shape (columns, 16), queries in tiles of shape (columns, 6).
*/
#ifndef WIDTH
#include <Python.h>
#include <math.h>

enum { TILE = 6, LANES = 16 };

typedef struct {
    const float *panels, *halves; /* (panels, columns + categories, 16), (panels, 16) */
    Py_ssize_t columns, categories;
    float unequal;                /* the term of two different categories: m² / 2 */
} Panels;

typedef struct {
    Py_ssize_t (*scan)(const Panels *, const float *, const float *, Py_ssize_t,
                       Py_ssize_t, float *, unsigned *);
    double (*squared)(const double *, const double *, Py_ssize_t);
    int width; /* number of float32 in a register */
} Instructions;

static int lowest_bit(unsigned bits)
{
#if defined(__GNUC__)
    return __builtin_ctz(bits);
#else
    int place = 0;
    while (!(bits >> place & 1)) place++;
    return place;
#endif
}

/* Writes (x - shift) / spread of one row, with each step rounded to the row's type. */
#define DEFINE_SCALED(type)                                                               \
    static void scaled_##type(const type *row, Py_ssize_t stride, const double *shift,   \
                              const double *spread, Py_ssize_t d, double *out)           \
    {                                                                                     \
        if (stride == 1)                                                                  \
            for (Py_ssize_t i = 0; i < d; i++)                                            \
                out[i] = (type)((type)(row[i] - (type)shift[i]) / (type)spread[i]);      \
        else                                                                              \
            for (Py_ssize_t i = 0; i < d; i++)                                            \
                out[i] = (type)((type)(row[i * stride] - (type)shift[i]) / (type)spread[i]); \
    }
DEFINE_SCALED(double)
DEFINE_SCALED(float)

/* Writes one row as a query (stride 6) or as a point (stride 16). A missing number becomes
0. Each column with missing values gets two additional columns, so that the product
corrects the terms of missing values: with p, q the masks of missing values,

    d² = |x|² + m²|q| + |y|² + m²|p| - 2 (x·y + x²·p / 2 + q·(y² / 2 + m² p)).

Returns |x|² + m²|q|; `size` is the squared length of what was written. */
static double pack(const double *row, const double *center, double scale, Py_ssize_t d,
                   const Py_ssize_t *gaps, Py_ssize_t n_gaps, double m2, int as_query,
                   float *out, double *size)
{
    const Py_ssize_t stride = as_query ? TILE : LANES;
    double norm = 0;
    for (Py_ssize_t i = 0; i < d; i++) {
        double v = (row[i] - center[i]) * scale;
        v = isnan(v) ? 0 : v;
        out[i * stride] = (float)v;
        norm += v * v;
    }
    *size = norm;
    for (Py_ssize_t g = 0; g < n_gaps; g++) {
        double v = (row[gaps[g]] - center[gaps[g]]) * scale;
        double gap = isnan(v), half = isnan(v) ? 0 : v * v / 2;
        double first = as_query ? half : gap, second = as_query ? gap : half + m2 * gap;
        norm += m2 * gap;
        out[(d + 2 * g) * stride] = (float)first;
        out[(d + 2 * g + 1) * stride] = (float)second;
        *size += first * first + second * second;
    }
    return norm;
}

static double gapped(const double *x, const double *y, Py_ssize_t d, double m2)
{
    double sum = 0;
    for (Py_ssize_t i = 0; i < d; i++) {
        double v = x[i] - y[i];
        sum += isnan(v) ? (isnan(x[i]) != isnan(y[i])) * m2 : v * v;
    }
    return sum;
}

#if defined(__GNUC__) && defined(__x86_64__)
#include <immintrin.h>
#define WIDTH 16
#define NAME(name) name##_avx512
#define TARGET __attribute__((target("avx512f,avx512dq,avx512vl,avx2,fma")))
typedef __m512 Lanes_avx512;
#define MINUS_PRODUCT(c, s, v) _mm512_fnmadd_ps(_mm512_set1_ps(s), v, c)
#define OR(a, b) _mm512_or_ps(a, b)
#define SIGNS(v) (unsigned)_mm512_movepi32_mask(_mm512_castps_si512(v))
#define IF_UNEQUAL(c, s, v, w)                                                            \
    _mm512_mask_add_ps(c, _mm512_cmp_ps_mask(_mm512_set1_ps(s), v, _CMP_NEQ_UQ), c,      \
                       _mm512_set1_ps(w))
#include "scan.h"
#define WIDTH 8
#define NAME(name) name##_avx2
#define TARGET __attribute__((target("avx2,fma")))
typedef __m256 Lanes_avx2;
#define MINUS_PRODUCT(c, s, v) _mm256_fnmadd_ps(_mm256_set1_ps(s), v, c)
#define OR(a, b) _mm256_or_ps(a, b)
#define SIGNS(v) (unsigned)_mm256_movemask_ps(v)
#define IF_UNEQUAL(c, s, v, w)                                                            \
    (c + _mm256_and_ps(_mm256_cmp_ps(_mm256_set1_ps(s), v, _CMP_NEQ_UQ), _mm256_set1_ps(w)))
#include "scan.h"
#endif

#define NAME(name) name##_plain
#define TARGET
#if defined(__GNUC__)
#define WIDTH 4
typedef float Lanes_plain __attribute__((vector_size(16)));
typedef int Bits __attribute__((vector_size(16)));
#define MINUS_PRODUCT(c, s, v) (c - (s) * v)
#define OR(a, b) (Lanes_plain)((Bits)(a) | (Bits)(b))
static inline unsigned signs_plain(Bits v)
{
    return (v[0] < 0) | (v[1] < 0) << 1 | (v[2] < 0) << 2 | (v[3] < 0) << 3;
}
#define SIGNS(v) signs_plain((Bits)(v))
#define IF_UNEQUAL(c, s, v, w)                                                            \
    (c + (Lanes_plain)((v != (s)) & (Bits)((w) - (Lanes_plain){0})))
#else
#define WIDTH 1
typedef float Lanes_plain;
#define MINUS_PRODUCT(c, s, v) ((c) - (s) * (v))
#define OR(a, b) ((a) < (b) ? (a) : (b))
#define SIGNS(v) (unsigned)((v) < 0)
#define IF_UNEQUAL(c, s, v, w) ((c) + ((v) != (s) ? (w) : 0.0f))
#endif
#include "scan.h"

/* Returns the functions for the widest registers of the processor up to this width. */
static const Instructions *instructions(int width)
{
#if defined(__GNUC__) && defined(__x86_64__)
    __builtin_cpu_init();
    if (width >= 16 && __builtin_cpu_supports("avx512f")
        && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return &instructions_avx512;
    if (width >= 8 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return &instructions_avx2;
#endif
    return &instructions_plain;
}

#else /* one set of instructions */
#define Lanes NAME(Lanes)
#define PARTS (LANES / WIDTH)

/* Returns the first panel of [first, last) with a pair below its query's limit, and
writes which pairs these are (a bit for each point) and all sums; `last` if there is
none. */
TARGET static Py_ssize_t NAME(scan)(const Panels *points, const float *tile,
                                    const float *limits, Py_ssize_t first,
                                    Py_ssize_t last, float *sums, unsigned *below)
{
    const Py_ssize_t d = points->columns, c = points->categories;
    for (Py_ssize_t panel = first; panel < last; panel++) {
        const Lanes *half = (const Lanes *)(points->halves + panel * LANES);
        const Lanes *y = (const Lanes *)(points->panels + panel * (d + c) * LANES);
        Lanes sum[TILE][PARTS], any;
        for (int q = 0; q < TILE; q++)
            for (int p = 0; p < PARTS; p++) sum[q][p] = half[p];
        for (Py_ssize_t i = 0; i < d; i++)
            for (int q = 0; q < TILE; q++)
                for (int p = 0; p < PARTS; p++)
                    sum[q][p] = MINUS_PRODUCT(sum[q][p], tile[i * TILE + q], y[i * PARTS + p]);
        for (Py_ssize_t i = d; i < d + c; i++)
            for (int q = 0; q < TILE; q++)
                for (int p = 0; p < PARTS; p++)
                    sum[q][p] = IF_UNEQUAL(sum[q][p], tile[i * TILE + q], y[i * PARTS + p],
                                           points->unequal);
        /* A difference is negative exactly if the sum is below; no limit is infinite. */
        any = sum[0][0] - limits[0];
        for (int q = 0; q < TILE; q++)
            for (int p = 0; p < PARTS; p++) any = OR(any, sum[q][p] - limits[q]);
        if (SIGNS(any)) {
            for (int q = 0; q < TILE; q++) {
                below[q] = 0;
                for (int p = 0; p < PARTS; p++) {
                    below[q] |= SIGNS(sum[q][p] - limits[q]) << p * WIDTH;
                    memcpy(sums + q * LANES + p * WIDTH, &sum[q][p], sizeof(Lanes));
                }
            }
            return panel;
        }
    }
    return last;
}

/* Eight parallel sums, added in a fixed order: the same bits on every processor. */
TARGET static double NAME(squared)(const double *x, const double *y, Py_ssize_t d)
{
    double sums[8] = {0}, sum = 0;
    Py_ssize_t i = 0;
    for (; i + 8 <= d; i += 8)
        for (int j = 0; j < 8; j++) sums[j] += (x[i + j] - y[i + j]) * (x[i + j] - y[i + j]);
    for (; i < d; i++) sum += (x[i] - y[i]) * (x[i] - y[i]);
    return sum + (((sums[0] + sums[4]) + (sums[1] + sums[5]))
                  + ((sums[2] + sums[6]) + (sums[3] + sums[7])));
}

static const Instructions NAME(instructions) = {NAME(scan), NAME(squared), WIDTH};

#undef PARTS
#undef Lanes
#undef IF_UNEQUAL
#undef SIGNS
#undef OR
#undef MINUS_PRODUCT
#undef TARGET
#undef NAME
#undef WIDTH
#endif
