/* Products of a matrix with vectors in one sweep, and many small matrices at once. */
#ifndef C_DENSE_KERNELS_H
#define C_DENSE_KERNELS_H

#include <stddef.h>

/* W = alpha A'U and Y = alpha A W for a column-major A [m, n], U [m, p], W [n, p], Y [m, p], all packed.
   Every column of A is used twice while it is in the nearest cache, so A is read from memory once. */
void cdk_gram_product_f64(
  size_t m, size_t n, size_t p, double alpha, const double *a, const double *u, double *w, double *y);
void cdk_gram_product_f32(
  size_t m, size_t n, size_t p, float alpha, const float *a, const float *u, float *w, float *y);

/* Paths are advanced in blocks of 32, of which 8 share a vector. */
enum { CDK_PATH_LANES = 8, CDK_PATH_BLOCK = 32, CDK_FACTOR_TILE = 6 };

/* y <- decay y + offset + F z for a block of paths: decay and offset [entries], F as tiles [entries / 6, rounded up]
   [rank][6], z [rank][32], y four groups of [entries][8], a group beginning `stride` entries after the one before.
   z and y at multiples of 64 bytes. */
void cdk_paths_affine_f64(
  size_t entries, size_t stride, size_t rank, const double *decay, const double *offset, const double *factor,
  const double *z, double *y);

/* The largest singular values, [8], of eight matrices [m, n] given as y [m n][8], column-major; NaN where an entry is not
   finite. y and work at multiples of 64 bytes; work has cdk_paths_sigma_work(m, n) doubles. */
void cdk_paths_sigma_f64(size_t m, size_t n, const double *y, double *work, double *sigma);
size_t cdk_paths_sigma_work(size_t m, size_t n);

#endif
