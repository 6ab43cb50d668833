// Loops over the entries of a layer's values, compiled for several instruction sets.

#include "CNetworkKernels.h"
#include "Clones.h"

// The comparisons are such that a NaN stays one: a network that diverged must not look alive.

template <class T>
INLINED void add_bias(long m, long columns, const T *z, const T *b, T *y, bool rectified) {
  for (long j = 0; j < columns; j++) {
    const T *zj = z + j * m;
    T *yj = y + j * m;
    if (rectified) {
      for (long i = 0; i < m; i++) {
        const T x = zj[i] + b[i];
        yj[i] = x < 0 ? 0 : x;
      }
    } else {
      for (long i = 0; i < m; i++) yj[i] = zj[i] + b[i];
    }
  }
}

template <class T>
INLINED void gate(long count, T below, const T *y, T *d) {
  for (long i = 0; i < count; i++) d[i] *= y[i] <= 0 ? below : 1;
}

template <class T>
INLINED void subtract_squares(long count, T s, const T *x, T *y) {
  for (long i = 0; i < count; i++) {
    const T rest = y[i] - s * x[i] * x[i];
    y[i] = rest < 0 ? 0 : rest;
  }
}

extern "C" {

#define FOR_BOTH(NAME, TYPE)                                                                             \
  CLONED void cnk_add_bias_##NAME(long m, long columns, const TYPE *z, const TYPE *b, TYPE *y, int rectified) { \
    add_bias(m, columns, z, b, y, rectified != 0);                                                       \
  }                                                                                                      \
  CLONED void cnk_gate_##NAME(long count, TYPE below, const TYPE *y, TYPE *d) { gate(count, below, y, d); } \
  CLONED void cnk_subtract_squares_##NAME(long count, TYPE s, const TYPE *x, TYPE *y) {                  \
    subtract_squares(count, s, x, y);                                                                    \
  }

FOR_BOTH(f, float)
FOR_BOTH(d, double)
}
