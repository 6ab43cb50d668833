// Steps of small perceptrons in single precision: too small for BLAS, so one function holds a whole step in the cache.

#include "CNetworkKernels.h"
#include "Clones.h"

// Sixteen floats: one register of AVX-512, two of AVX2, and what the compiler makes of it elsewhere.
typedef float floats __attribute__((vector_size(64), aligned(4), may_alias));
typedef int ints __attribute__((vector_size(64), aligned(4)));
static const long lanes = CNK_PERCEPTRON_LANES;

#define AT(pointer) (*(floats *)(pointer))
#define READ(pointer) (*(const floats *)(pointer))

// Summed aside, since a small step's terms would drown one by one in a large parameter.
// c[r] += sum over k of a(r, k) b[k] for R rows of sixteen columns; a(r, k) is a[r][k], or a[k][first + r] if `across`.
template <int R, bool across>
INLINED void tile(long count, const float *const *a, long first, const float *b, float *c, long stride) {
  floats sums[R];
#pragma clang loop unroll(full)
  for (int r = 0; r < R; r++) sums[r] = (floats){};
  for (long k = 0; k < count; k++) {
    const floats bk = READ(b + k * stride);
#pragma clang loop unroll(full)
    for (int r = 0; r < R; r++) sums[r] += (across ? a[k][first + r] : a[first + r][k]) * bk;
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < R; r++) AT(c + r * stride) += sums[r];
}

// C += A B for `rows` rows of `stride` columns, both of B and of C.
template <bool across>
INLINED void multiply(long rows, long count, const float *const *a, const float *b, float *c, long stride) {
  for (long column = 0; column < stride; column += lanes) {
    long r = 0;
    for (; r + 8 <= rows; r += 8) tile<8, across>(count, a, r, b + column, c + r * stride + column, stride);
    for (; r + 2 <= rows; r += 2) tile<2, across>(count, a, r, b + column, c + r * stride + column, stride);
    for (; r < rows; r++) tile<1, across>(count, a, r, b + column, c + r * stride + column, stride);
  }
}

// e^x by a Taylor polynomial on |r| <= log(2)/2, to 2 ulp; 0 below -87; not a number stays so.
INLINED void exponentiate(floats &x) {
  const floats shift = (floats){} + 12582912.0f;  // 1.5 2^23: adding it rounds to an integer, in the low bits
  const floats low = (floats){} - 87.0f, high = (floats){} + 88.0f;
  const ints vanishes = x < low;
  x = x < low ? low : x;
  x = x > high ? high : x;
  const floats shifted = x * 1.44269504f + shift;
  const floats n = shifted - shift;
  const floats r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  floats p = r * (1.0f / 5040) + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  const ints power = ((ints)shifted + 127) << 23;
  x = vanishes ? (floats){} : p * (floats)power;
}

// By Taylor's series near 0, where 1 - 2/(e^2x + 1) would lose digits; to 4 ulp.
INLINED void hyperbolic_tangent(floats &x) {
  const floats s = x * x;
  floats p = s * (-1382.0f / 155925) + 62.0f / 2835;
  p = p * s - 17.0f / 315;
  p = p * s + 2.0f / 15;
  p = p * s - 1.0f / 3;
  const floats near = p * s * x + x;
  floats e = x + x;
  exponentiate(e);
  const floats far = 1.0f - 2.0f / (e + 1.0f);
  x = s < (floats){} + 0.1225f ? near : far;
}

INLINED float sum_of(const floats &x) {
  const auto a = __builtin_shufflevector(x, x, 0, 1, 2, 3, 4, 5, 6, 7) +
                 __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15);
  const auto b = __builtin_shufflevector(a, a, 0, 1, 2, 3) + __builtin_shufflevector(a, a, 4, 5, 6, 7);
  return (b[0] + b[2]) + (b[1] + b[3]);
}

INLINED float larger(float x, float y) { return x > y ? x : y; }
INLINED float greatest_of(const floats &x) {
  const auto p = __builtin_shufflevector(x, x, 0, 1, 2, 3, 4, 5, 6, 7);
  const auto q = __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15);
  const auto a = p > q ? p : q;
  const auto l = __builtin_shufflevector(a, a, 0, 1, 2, 3), h = __builtin_shufflevector(a, a, 4, 5, 6, 7);
  const auto b = l > h ? l : h;
  return larger(larger(b[0], b[1]), larger(b[2], b[3]));
}

INLINED float greatest(const float *z, long count) {
  float top = z[0];
  for (long j = 0; j < count; j += lanes) top = larger(top, greatest_of(READ(z + j)));
  return top;
}

// Logits become weight (p - e_y).
INLINED void weighted_softmax_delta(float *z, long stride, int label, float weight) {
  const float top = greatest(z, stride);
  float total = 0;
  for (long j = 0; j < stride; j += lanes) {
    floats e = READ(z + j) - top;
    exponentiate(e);
    AT(z + j) = e;
    total += sum_of(e);
  }
  const float factor = weight / total;
  for (long j = 0; j < stride; j += lanes) AT(z + j) *= factor;
  z[label] -= weight;
}

// The layers' inputs and the logits, one after the other in the scratch; returns the end of the logits.
INLINED float *forward(const cnk_perceptron *net, const float *at, float *scratch, long samples, const float *const *x) {
  const int last = net->layers - 1;
  // Pointers to the rows of every layer's inputs; the data's own for the first layer.
  const float **rows = (const float **)scratch;
  float *values = scratch + 2 * samples * (net->layers + 1);
  for (int l = 0; l <= last; l++) {
    const long stride = net->strides[l], n = net->widths[l];
    const float *w = at + net->offsets[l], *bias = w + n * stride;
    for (long s = 0; s < samples; s++) {
      for (long j = 0; j < stride; j += lanes) AT(values + s * stride + j) = READ(bias + j);
      rows[(l + 1) * samples + s] = values + s * stride;
    }
    if (l == 0) {
      for (long s = 0; s < samples; s++) rows[s] = x[s];
    }
    multiply<false>(samples, n, rows + l * samples, w, values, stride);
    if (l < last) {
      for (long i = 0; i < samples * stride; i += lanes) {
        floats y = READ(values + i);
        if (net->smooth) {
          hyperbolic_tangent(y);
        } else {
          y = y < (floats){} ? (floats){} : y;
        }
        AT(values + i) = y;
      }
    }
    values += samples * stride;
  }
  return values;
}

extern "C" CLONED void cnk_perceptron_step(const cnk_perceptron *net, const float *at, float *to, float *scratch,
                                           long samples, const float *const *x, const int *labels,
                                           const float *weights) {
  const int last = net->layers - 1;
  const float **rows = (const float **)scratch;
  float *values = forward(net, at, scratch, samples, x);
  float *delta = values - samples * net->strides[last];
  for (long s = 0; s < samples; s++) {
    weighted_softmax_delta(delta + s * net->strides[last], net->strides[last], labels[s], weights[s]);
  }
  for (int l = last; l >= 0; l--) {
    const long stride = net->strides[l], n = net->widths[l], m = net->widths[l + 1];
    const long below = l > 0 ? net->strides[l - 1] : 0;
    // The deltas below come from the weights before they change, should `to` be `at`.
    float *next = values + (l % 2) * samples * net->widest;
    if (l > 0) {
      const float *w = at + net->offsets[l];
      float *transposed = values + 2 * samples * net->widest;
      for (long j = 0; j < m; j++) {
        for (long i = 0; i < n; i++) transposed[j * below + i] = w[i * stride + j];
        for (long i = n; i < below; i++) transposed[j * below + i] = 0;
      }
      for (long s = 0; s < samples; s++) rows[(l + 1) * samples + s] = delta + s * stride;
      for (long i = 0; i < samples * below; i += lanes) AT(next + i) = (floats){};
      multiply<false>(samples, m, rows + (l + 1) * samples, transposed, next, below);
      const float *y = rows[l * samples];
      for (long i = 0; i < samples * below; i += lanes) {
        const floats yi = READ(y + i);
        if (net->smooth) {
          AT(next + i) *= 1.0f - yi * yi;
        } else {
          // Such that a NaN stays one: a network that diverged must not look alive.
          AT(next + i) = yi <= (floats){} ? (floats){} : READ(next + i);
        }
      }
    }
    float *w = to + net->offsets[l], *bias = w + n * stride;
    multiply<true>(n, samples, rows + l * samples, delta, w, stride);
    for (long j = 0; j < stride; j += lanes) {
      floats sum = READ(bias + j);
      for (long s = 0; s < samples; s++) sum += READ(delta + s * stride + j);
      AT(bias + j) = sum;
    }
    delta = next;
  }
}

extern "C" CLONED double cnk_perceptron_loss(const cnk_perceptron *net, const float *at, float *scratch, long samples,
                                             const float *const *x, const int *labels) {
  const long stride = net->strides[net->layers - 1];
  const float *logits = forward(net, at, scratch, samples, x) - samples * stride;
  double loss = 0;
  for (long s = 0; s < samples; s++) {
    const float *z = logits + s * stride;
    const float top = greatest(z, stride);
    float total = 0;
    for (long j = 0; j < stride; j += lanes) {
      floats e = READ(z + j) - top;
      exponentiate(e);
      total += sum_of(e);
    }
    loss += __builtin_logf(total) + (top - z[labels[s]]);
  }
  return loss;
}
