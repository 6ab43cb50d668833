/* One sweep over a matrix for both of its products with vectors. */
#ifndef C_DENSE_KERNELS_H
#define C_DENSE_KERNELS_H

#include <stddef.h>

/* W = alpha A'U and Y = alpha A W for a column-major A [m, n], U [m, p], W [n, p], Y [m, p], all packed.
   Every column of A is used twice while it is in the nearest cache, so A is read from memory once. */
void cdk_gram_product_f64(
  size_t m, size_t n, size_t p, double alpha, const double *a, const double *u, double *w, double *y);
void cdk_gram_product_f32(
  size_t m, size_t n, size_t p, float alpha, const float *a, const float *u, float *w, float *y);

#endif
