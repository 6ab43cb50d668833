// Loops over the windows of an image, compiled for several instruction sets.

#include "CNetworkKernels.h"
#include "Clones.h"

#include <cstring>

namespace {

// The part of a window's row that lies in the image: kernel columns first ..< last.
struct Run {
  int first, last;
};

}  // namespace

INLINED Run run(const cnk_windows &g, int left) {
  const int first = left < 0 ? -left : 0;
  const int last = left + g.kernel > g.width ? g.width - left : g.kernel;
  return {first, last};
}

template <class T>
INLINED void pool(const cnk_windows &g, const T *x, T *y, unsigned char *choice) {
  const int c = g.channels;
  for (int i = 0; i < g.rows; i++) {
    for (int j = 0; j < g.columns; j++, y += c, choice += c) {
      bool first = true;
      for (int a = 0; a < g.kernel; a++) {
        const int row = i * g.stride - g.padding + a;
        if (row < 0 || row >= g.height) continue;
        for (int b = 0; b < g.kernel; b++) {
          const int column = j * g.stride - g.padding + b;
          if (column < 0 || column >= g.width) continue;
          const T *pixel = x + (row * g.width + column) * c;
          const unsigned char place = static_cast<unsigned char>(a * g.kernel + b);
          if (first) {
            for (int k = 0; k < c; k++) y[k] = pixel[k];
            std::memset(choice, place, c);
            first = false;
            continue;
          }
          // Whatever is not a comparison of numbers takes over: a network that diverged must not look alive.
          for (int k = 0; k < c; k++) {
            const bool larger = !(pixel[k] <= y[k]) && y[k] == y[k];
            y[k] = larger ? pixel[k] : y[k];
            choice[k] = larger ? place : choice[k];
          }
        }
      }
    }
  }
}

template <class T>
INLINED void pool_adjoint(const cnk_windows &g, const T *dy, const unsigned char *choice, const T *y, T *dx) {
  const int c = g.channels;
  std::memset(dx, 0, sizeof(T) * g.height * g.width * c);
  for (int i = 0; i < g.rows; i++) {
    for (int j = 0; j < g.columns; j++, dy += c, choice += c) {
      for (int a = 0; a < g.kernel; a++) {
        const int row = i * g.stride - g.padding + a;
        if (row < 0 || row >= g.height) continue;
        for (int b = 0; b < g.kernel; b++) {
          const int column = j * g.stride - g.padding + b;
          if (column < 0 || column >= g.width) continue;
          T *pixel = dx + (row * g.width + column) * c;
          const unsigned char place = static_cast<unsigned char>(a * g.kernel + b);
          if (y) {
            for (int k = 0; k < c; k++) pixel[k] += choice[k] == place && y[k] > 0 ? dy[k] : T(0);
          } else {
            for (int k = 0; k < c; k++) pixel[k] += choice[k] == place ? dy[k] : T(0);
          }
        }
      }
      if (y) y += c;
    }
  }
}

template <class T>
INLINED void patch_products(const cnk_windows &g, int outputs, const T *x, const T *delta, const T *v, const T *u,
                            T *right, T *left) {
#pragma clang fp reassociate(on)
  const int c = g.channels;
  std::memset(right, 0, sizeof(T) * outputs);
  std::memset(left, 0, sizeof(T) * g.kernel * g.kernel * c);
  for (int i = 0; i < g.rows; i++) {
    for (int j = 0; j < g.columns; j++, delta += outputs) {
      T weight = 0;
      for (int o = 0; o < outputs; o++) weight += delta[o] * u[o];
      T sum = 0;
      const int edge = j * g.stride - g.padding;
      const Run inside = run(g, edge);
      const int length = (inside.last - inside.first) * c;
      for (int a = 0; a < g.kernel; a++) {
        const int row = i * g.stride - g.padding + a;
        if (row < 0 || row >= g.height) continue;
        const T *pixels = x + (row * g.width + edge + inside.first) * c;
        const int start = (a * g.kernel + inside.first) * c;
        const T *from = v + start;
        T *into = left + start;
        for (int k = 0; k < length; k++) sum += pixels[k] * from[k];
        for (int k = 0; k < length; k++) into[k] += weight * pixels[k];
      }
      for (int o = 0; o < outputs; o++) right[o] += sum * delta[o];
    }
  }
}

template <class T, class Body>
INLINED void each_run(const cnk_windows &g, Body body) {
  const int c = g.channels;
  for (int i = 0; i < g.rows; i++) {
    for (int j = 0; j < g.columns; j++) {
      const int edge = j * g.stride - g.padding;
      const Run inside = run(g, edge);
      for (int a = 0; a < g.kernel; a++) {
        const int row = i * g.stride - g.padding + a;
        const bool exists = row >= 0 && row < g.height && inside.first < inside.last;
        const int patch = ((i * g.columns + j) * g.kernel + a) * g.kernel * c;
        body(patch, exists ? inside.first * c : 0, exists ? inside.last * c : 0, (row * g.width + edge) * c);
      }
    }
  }
}

template <class T>
INLINED void patches_of(const cnk_windows &g, const T *x, T *out) {
  const int width = g.kernel * g.channels;
  each_run<T>(g, [=](int patch, int first, int last, int pixel) {
    for (int k = 0; k < first; k++) out[patch + k] = 0;
    for (int k = first; k < last; k++) out[patch + k] = x[pixel + k];
    for (int k = last; k < width; k++) out[patch + k] = 0;
  });
}

template <class T>
INLINED void patches_adjoint(const cnk_windows &g, const T *patches, T *x) {
  each_run<T>(g, [=](int patch, int first, int last, int pixel) {
    for (int k = first; k < last; k++) x[pixel + k] += patches[patch + k];
  });
}

extern "C" {

#define FOR_BOTH(NAME, TYPE)                                                                                        \
  CLONED void cnk_pool_##NAME(const cnk_windows *g, const TYPE *x, TYPE *y, unsigned char *choice) {                \
    pool(*g, x, y, choice);                                                                                         \
  }                                                                                                                 \
  CLONED void cnk_pool_adjoint_##NAME(const cnk_windows *g, const TYPE *dy, const unsigned char *choice,            \
                                      const TYPE *y, TYPE *dx) {                                                    \
    pool_adjoint(*g, dy, choice, y, dx);                                                                            \
  }                                                                                                                 \
  CLONED void cnk_patch_products_##NAME(const cnk_windows *g, int outputs, const TYPE *x, const TYPE *delta,        \
                                        const TYPE *v, const TYPE *u, TYPE *right, TYPE *left) {                    \
    patch_products(*g, outputs, x, delta, v, u, right, left);                                                       \
  }                                                                                                                 \
  CLONED void cnk_patches_##NAME(const cnk_windows *g, const TYPE *x, TYPE *patches) { patches_of(*g, x, patches); } \
  CLONED void cnk_patches_adjoint_##NAME(const cnk_windows *g, const TYPE *patches, TYPE *x) {                      \
    patches_adjoint(*g, patches, x);                                                                                \
  }

FOR_BOTH(f, float)
FOR_BOTH(d, double)
}
