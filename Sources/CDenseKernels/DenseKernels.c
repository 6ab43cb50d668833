/* Aᵀu and A(Aᵀu) in one sweep, for one vector or four at a time.

   BLAS needs two sweeps for the two products, and a matrix of a trained layer does not fit the near caches: for a
   single vector both are bound by memory. Groups of four columns stay in the first cache between the two uses. */
#include "CDenseKernels.h"

#include "Clones.h"

#pragma STDC FP_CONTRACT ON

/* Vectors of 64 bytes at any address; narrower machines take them in pieces. */
typedef double vector_f64 __attribute__((vector_size(64), aligned(8)));
typedef float vector_f32 __attribute__((vector_size(64), aligned(4)));

#define CDK_GRAM(name, T, V) \
  CDK_INLINE T sum_##name(const V *x) { \
    T s = 0; \
    for (size_t i = 0; i < sizeof(V) / sizeof(T); i++) s += (*x)[i]; \
    return s; \
  } \
  /* Columns c[0 .. 3] of A against p vectors; p is a constant where this is inlined. */ \
  CDK_INLINE void four_columns_##name( \
    size_t m, size_t n, size_t p, T alpha, const T *const *c, const T *restrict u, T *restrict w, T *restrict y) { \
    const size_t width = sizeof(V) / sizeof(T); \
    V s[4][4] = {{{0}}}; \
    T t[4][4]; \
    size_t i = 0; \
    for (; i + width <= m; i += width) { \
      const V a0 = *(const V *)(c[0] + i), a1 = *(const V *)(c[1] + i); \
      const V a2 = *(const V *)(c[2] + i), a3 = *(const V *)(c[3] + i); \
      _Pragma("unroll") for (size_t k = 0; k < p; k++) { \
        const V x = *(const V *)(u + k * m + i); \
        s[k][0] += a0 * x; \
        s[k][1] += a1 * x; \
        s[k][2] += a2 * x; \
        s[k][3] += a3 * x; \
      } \
    } \
    for (size_t k = 0; k < p; k++) { \
      for (size_t q = 0; q < 4; q++) { \
        T rest = sum_##name(&s[k][q]); \
        for (size_t l = i; l < m; l++) rest += c[q][l] * u[k * m + l]; \
        w[k * n + q] = alpha * rest; \
        t[k][q] = alpha * (alpha * rest); \
      } \
    } \
    for (i = 0; i + width <= m; i += width) { \
      const V a0 = *(const V *)(c[0] + i), a1 = *(const V *)(c[1] + i); \
      const V a2 = *(const V *)(c[2] + i), a3 = *(const V *)(c[3] + i); \
      _Pragma("unroll") for (size_t k = 0; k < p; k++) { \
        V z = *(V *)(y + k * m + i); \
        z += t[k][0] * a0; \
        z += t[k][1] * a1; \
        z += t[k][2] * a2; \
        z += t[k][3] * a3; \
        *(V *)(y + k * m + i) = z; \
      } \
    } \
    for (; i < m; i++) { \
      for (size_t k = 0; k < p; k++) { \
        y[k * m + i] += t[k][0] * c[0][i] + t[k][1] * c[1][i] + t[k][2] * c[2][i] + t[k][3] * c[3][i]; \
      } \
    } \
  } \
  CDK_INLINE void group_##name(size_t m, size_t n, size_t p, T alpha, const T *a, const T *u, T *w, T *y) { \
    for (size_t i = 0; i < m * p; i++) y[i] = 0; \
    size_t j = 0; \
    for (; j + 4 <= n; j += 4) { \
      const T *const c[4] = {a + j * m, a + (j + 1) * m, a + (j + 2) * m, a + (j + 3) * m}; \
      four_columns_##name(m, n, p, alpha, c, u, w + j, y); \
    } \
    for (; j < n; j++) { \
      for (size_t k = 0; k < p; k++) { \
        T t = 0; \
        for (size_t i = 0; i < m; i++) t += a[j * m + i] * u[k * m + i]; \
        w[k * n + j] = alpha * t; \
        t = alpha * (alpha * t); \
        for (size_t i = 0; i < m; i++) y[k * m + i] += t * a[j * m + i]; \
      } \
    } \
  } \
  CDK_CLONES void cdk_gram_product_##name( \
    size_t m, size_t n, size_t p, T alpha, const T *a, const T *u, T *w, T *y) { \
    size_t k = 0; \
    for (; k + 4 <= p; k += 4) group_##name(m, n, 4, alpha, a, u + k * m, w + k * n, y + k * m); \
    for (; k < p; k++) group_##name(m, n, 1, alpha, a, u + k * m, w + k * n, y + k * m); \
  }

CDK_GRAM(f64, double, vector_f64)
CDK_GRAM(f32, float, vector_f32)
