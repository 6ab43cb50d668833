/* Many paths of a linear matrix equation at once, eight to a vector: no lane ever needs another's number, so nothing is
   reduced across lanes and short matrices cost no more per flop than long ones. */
#include "CDenseKernels.h"

#include "Clones.h"

#pragma STDC FP_CONTRACT ON

enum { LANES = CDK_PATH_LANES, GROUPS = CDK_PATH_BLOCK / CDK_PATH_LANES, TILE = CDK_FACTOR_TILE, SLAB = 8 };

typedef double lanes __attribute__((vector_size(64)));
typedef long long mask __attribute__((vector_size(64)));

/* Macros, because the functions below are compiled for machines that pass vectors in different ways. */
#define splat(x) ({ const double s_ = (x); (lanes){s_, s_, s_, s_, s_, s_, s_, s_}; })
#define choose(where, yes, no) ((lanes)(((where) & (mask)(yes)) | (~(where) & (mask)(no))))
#define magnitude(x) ((lanes)((mask)(x) & 0x7fffffffffffffffLL))

CDK_INLINE int any(const mask *m) {
  long long found = 0;
  for (int l = 0; l < LANES; l++) found |= (*m)[l];
  return found != 0;
}
CDK_INLINE void root(lanes *x) {
  for (int l = 0; l < LANES; l++) (*x)[l] = __builtin_sqrt((*x)[l]);
}

CDK_CLONES void cdk_paths_affine_f64(
  size_t entries, size_t stride, size_t rank, const double *decay, const double *offset, const double *factor,
  const double *z, double *y) {
  for (size_t e = 0; e < entries; e += TILE, factor += rank * TILE) {
    lanes sum[TILE][GROUPS] = {{{0}}};
    const lanes *noise = (const lanes *)z;
    for (size_t k = 0; k < rank; k++, noise += GROUPS) {
      _Pragma("unroll") for (int t = 0; t < TILE; t++) {
        const lanes weight = splat(factor[k * TILE + t]);
        _Pragma("unroll") for (int g = 0; g < GROUPS; g++) sum[t][g] += weight * noise[g];
      }
    }
    const size_t count = entries - e < TILE ? entries - e : TILE;
    for (size_t t = 0; t < count; t++) {
      for (size_t g = 0; g < GROUPS; g++) {
        lanes *const value = (lanes *)y + g * stride + e + t;
        *value = decay[e + t] * *value + offset[e + t] + sum[t][g];
      }
    }
  }
}

/* Lower triangle of the Gram matrix of the columns of y, scaled; columns of padded length, a multiple of four. The slab
   brings rows of all columns side by side, so that one is in the nearest cache while all its products are formed. */
CDK_INLINE void gram(
  size_t inner, size_t inner_stride, size_t outer, size_t outer_stride, size_t padded, const lanes *scale, const lanes *y,
  lanes *slab, lanes *g) {
  for (size_t i = 0; i < padded * padded; i++) g[i] = splat(0);
  for (size_t i = 0; i < padded * SLAB; i++) slab[i] = splat(0);
  for (size_t k = 0; k < inner; k += SLAB) {
    const size_t rows = inner - k < SLAB ? inner - k : SLAB;
    for (size_t j = 0; j < outer; j++) {
      for (size_t r = 0; r < rows; r++) slab[j * SLAB + r] = *scale * y[(k + r) * inner_stride + j * outer_stride];
      for (size_t r = rows; r < SLAB; r++) slab[j * SLAB + r] = splat(0);
    }
    for (size_t j = 0; j < padded; j += 4) {
      for (size_t i = j; i < padded; i += 4) {
        lanes sum[4][4];
        const lanes *const left = slab + i * SLAB, *const right = slab + j * SLAB;
        _Pragma("unroll") for (int q = 0; q < 4; q++) {
          _Pragma("unroll") for (int p = 0; p < 4; p++) sum[q][p] = g[(j + q) * padded + i + p];
        }
        _Pragma("unroll") for (int r = 0; r < SLAB; r++) {
          _Pragma("unroll") for (int q = 0; q < 4; q++) {
            _Pragma("unroll") for (int p = 0; p < 4; p++) sum[q][p] += left[p * SLAB + r] * right[q * SLAB + r];
          }
        }
        _Pragma("unroll") for (int q = 0; q < 4; q++) {
          _Pragma("unroll") for (int p = 0; p < 4; p++) g[(j + q) * padded + i + p] = sum[q][p];
        }
      }
    }
  }
}

/* One column of the pass below: c -= v w_j + w v_j, then its part in the product with the next reflector. */
CDK_INLINE void reflected_column(
  size_t j, size_t n, lanes *c, const lanes *v, const lanes *w, const lanes *next, lanes *p) {
  const lanes vj = v[j], wj = w[j], nextj = next[j];
  c[j] -= 2 * vj * wj;
  lanes even = splat(0), odd = splat(0);
  size_t i = j + 1;
  for (; i + 2 <= n; i += 2) {
    const lanes a = c[i] - v[i] * wj - w[i] * vj, b = c[i + 1] - v[i + 1] * wj - w[i + 1] * vj;
    c[i] = a;
    c[i + 1] = b;
    p[i] += a * nextj;
    p[i + 1] += b * nextj;
    even += a * next[i];
    odd += b * next[i + 1];
  }
  if (i < n) {
    c[i] -= v[i] * wj + w[i] * vj;
    p[i] += c[i] * nextj;
    even += c[i] * next[i];
  }
  p[j] += c[j] * nextj + even + odd;
}

/* Householder's reduction to a tridiagonal matrix, diagonal d and off-diagonal e. An update by two vectors waits until
   the next reflector is known, so that the matrix is read and written once a reflector. */
CDK_INLINE void tridiagonal(size_t n, size_t ld, lanes *a, lanes *d, lanes *e, lanes *v, lanes *w, lanes *next, lanes *p) {
  for (size_t i = 0; i < n; i++) v[i] = w[i] = splat(0);
  for (size_t k = 0; k + 2 < n; k++) {
    lanes *const column = a + k * ld;
    for (size_t i = k; i < n; i++) column[i] -= v[i] * w[k] + w[i] * v[k];
    d[k] = column[k];
    lanes rest = splat(0);
    for (size_t i = k + 2; i < n; i++) rest += column[i] * column[i];
    const lanes first = column[k + 1];
    lanes length = first * first + rest;
    root(&length);
    const lanes alpha = choose(first > 0, -length, length);
    const lanes head = first - alpha, size = head * head + rest;
    const lanes tau = choose(size > 0, 2 / size, splat(0));
    e[k] = choose(size > 0, alpha, first);
    next[k + 1] = head;
    for (size_t i = k + 2; i < n; i++) next[i] = column[i];
    for (size_t i = k + 1; i < n; i++) p[i] = splat(0);
    for (size_t j = k + 1; j < n; j++) reflected_column(j, n, a + j * ld, v, w, next, p);
    lanes overlap = splat(0);
    for (size_t i = k + 1; i < n; i++) overlap += p[i] * next[i];
    const lanes share = tau * tau * overlap / 2;
    for (size_t i = k + 1; i < n; i++) {
      w[i] = tau * p[i] - share * next[i];
      v[i] = next[i];
    }
  }
  for (size_t k = n > 2 ? n - 2 : 0; k < n; k++) {
    lanes *const column = a + k * ld;
    d[k] = column[k] - 2 * v[k] * w[k];
    if (k + 1 < n) e[k] = column[k + 1] - v[k + 1] * w[k] - w[k + 1] * v[k];
  }
}

/* The largest eigenvalue by Laguerre's iteration from a bound above it: never below it but by round-off, cubic if it is
   simple. The ratios of leading minors and their derivatives go along. */
CDK_INLINE void largest_eigenvalue(size_t n, const lanes *d, const lanes *e, lanes *result) {
  lanes x = d[0] + (n > 1 ? magnitude(e[0]) : splat(0));
  for (size_t i = 1; i < n; i++) {
    const lanes reach = d[i] + magnitude(e[i - 1]) + (i + 1 < n ? magnitude(e[i]) : splat(0));
    x = choose(reach > x, reach, x);
  }
  /* Not the bound itself, which a diagonal matrix attains. */
  x += magnitude(x) * splat(0x1p-40);
  mask active = x > 0;
  for (int round = 0; round < 100 && any(&active); round++) {
    lanes slope = splat(0), bend = splat(0), r = splat(0), u = splat(0), t = splat(0);
    mask above = active;
    for (size_t i = 0; i < n; i++) {
      const lanes square = i > 0 ? e[i - 1] * e[i - 1] : splat(0);
      const lanes q = d[i] - x - square * r;
      const lanes first = square * r * u - 1, second = square * r * (t - 2 * u * u);
      above &= q < 0;
      r = 1 / q;
      u = first * r;
      t = second * r;
      slope += u;
      bend += u * u - t;
    }
    const double order = (double)n;
    lanes spread = (order - 1) * (order * bend - slope * slope);
    spread = choose(spread > 0, spread, splat(0));
    root(&spread);
    const lanes move = order / (slope + spread);
    x = choose(above, x - move, x);
    active = above & (move > 0x1p-51 * x);
  }
  *result = x;
}

size_t cdk_paths_sigma_work(size_t m, size_t n) {
  const size_t outer = m < n ? m : n, padded = (outer + 3) / 4 * 4;
  return LANES * (padded * padded + padded * SLAB + 6 * padded);
}

CDK_CLONES void cdk_paths_sigma_f64(size_t m, size_t n, const double *y, double *work, double *sigma) {
  const int tall = m >= n;
  const size_t outer = tall ? n : m, padded = (outer + 3) / 4 * 4;
  const lanes *const entries = (const lanes *)y;
  lanes *const g = (lanes *)work, *const slab = g + padded * padded, *const parts = slab + padded * SLAB;
  lanes largest = splat(0), poison = splat(0);
  for (size_t i = 0; i < m * n; i++) {
    const lanes size = magnitude(entries[i]);
    largest = choose(size > largest, size, largest);
    poison += 0 * entries[i];
  }
  /* Powers of two, so that squares stay in range and no digit is lost. */
  lanes scale, back;
  for (int l = 0; l < LANES; l++) {
    int exponent = 0;
    if (largest[l] > 0 && largest[l] <= __DBL_MAX__) __builtin_frexp(largest[l], &exponent);
    /* The eigenvalue iteration squares entries of the Gram matrix: fourth powers. */
    if (exponent > -100 && exponent < 100) exponent = 0;
    if (exponent < -1000) exponent = -1000;
    scale[l] = __builtin_ldexp(1, -exponent);
    back[l] = __builtin_ldexp(1, exponent);
  }
  gram(tall ? m : n, tall ? 1 : m, outer, tall ? m : 1, padded, &scale, entries, slab, g);
  lanes *const d = parts, *const e = d + padded, *const v = e + padded, *const w = v + padded;
  tridiagonal(outer, padded, g, d, e, v, w, w + padded, w + 2 * padded);
  lanes value;
  largest_eigenvalue(outer, d, e, &value);
  root(&value);
  value = value * back + poison;
  for (int l = 0; l < LANES; l++) sigma[l] = value[l];
}
