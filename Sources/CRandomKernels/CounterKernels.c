/* Blocks of counter-based normals and uniforms.

   Box-Muller, because it has no rejection: which numbers a path gets cannot depend on its neighbours.
   Its uniforms have 52 bits, so that normals do not repeat visibly (GSL's ziggurat has 24) and reach
   sqrt(2 * 52 log 2) = 8.49 standard deviations. */
#include "CRandomKernels.h"
#include "Philox.h"

#include <string.h>

/* A fused multiply-add rounds once instead of twice; with it the bits would depend on the machine. */
#pragma STDC FP_CONTRACT OFF

/* The resolver that picks a clone runs before ThreadSanitizer has started, and would crash under it. */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CRK_NO_CLONES 1
#endif
#endif
#if defined(__x86_64__) && defined(__linux__) && !defined(CRK_NO_CLONES)
#define CRK_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CRK_CLONES
#endif

CRK_INLINE double from_bits(uint64_t bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

CRK_INLINE uint64_t to_bits(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

/* 52 random bits as a double in [1, 2): exact, and needs no integer conversion instruction. */
CRK_INLINE double one_to_two(uint64_t high, uint64_t low) {
  return from_bits((((high << 32) | low) >> 12) | 0x3FF0000000000000u);
}

/* 1.5 * 2^52: added to a small number it leaves the nearest integer in the low bits. */
#define CRK_ROUNDER 6755399441055744.0

/* log u, u normal and positive: fdlibm's reduction to [sqrt(1/2), sqrt(2)) and its polynomial. */
CRK_INLINE double log_kernel(double u) {
  const uint64_t half_root = 0x3FE6A09E667F3BCDu; /* bits of sqrt(1/2) */
  const uint64_t shifted = to_bits(u) + (0x3FF0000000000000u - half_root);
  const double k = from_bits(0x4338000000000000u - 1023 + (shifted >> 52)) - CRK_ROUNDER;
  const double f = from_bits((shifted & 0x000FFFFFFFFFFFFFu) + half_root) - 1.0;
  const double s = f / (2.0 + f);
  const double z = s * s;
  const double w = z * z;
  const double odd = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
  const double even = z * (6.666666666666735130e-01
    + w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)));
  const double half_square = 0.5 * f * f;
  const double tail = s * (half_square + (odd + even)) + k * 1.90821492927058770002e-10;
  return k * 6.93147180369123816490e-01 - ((half_square - tail) - f);
}

/* Sine and cosine of 2 pi t: the reduction to an eighth of a turn is exact, since t is in turns. */
CRK_INLINE void sincos_kernel(double t, double *sine, double *cosine) {
  const double quarters = 4.0 * t;
  const double shifted = quarters + CRK_ROUNDER;
  const uint64_t quadrant = to_bits(shifted);
  const double y = (quarters - (shifted - CRK_ROUNDER)) * 1.57079632679489661923;
  const double z = y * y;
  const double s = y + y * z * (-1.66666666666666324348e-01
    + z * (8.33333333332248946124e-03 + z * (-1.98412698298579493134e-04
    + z * (2.75573137070700676789e-06 + z * (-2.50507602534068634195e-08 + z * 1.58969099521155010221e-10)))));
  const double half_square = 0.5 * z;
  const double lead = 1.0 - half_square;
  const double r = z * (4.16666666666666019037e-02
    + z * (-1.38888888888741095749e-03 + z * (2.48015872894767294178e-05
    + z * (-2.75573143513906633035e-07 + z * (2.08757232129817482790e-09 + z * -1.13596475577881948265e-11)))));
  const double c = lead + (((1.0 - lead) - half_square) + z * r);
  const uint64_t swap = (uint64_t)0 - (quadrant & 1);
  const uint64_t sine_bits = to_bits(s), cosine_bits = to_bits(c);
  *sine = from_bits(((sine_bits & ~swap) | (cosine_bits & swap)) ^ ((quadrant & 2) << 62));
  *cosine = from_bits(((cosine_bits & ~swap) | (sine_bits & swap)) ^ (((quadrant + 1) & 2) << 62));
}

/* The radius of a pair from a number in [1, 2): 2 - [1, 2) is (0, 1]. The builtin, because sqrt() may set
   errno and that stops vectorisation. */
CRK_INLINE double radius_kernel(double one_to_two) {
  return __builtin_elementwise_sqrt(-2.0 * log_kernel(2.0 - one_to_two));
}

CRK_INLINE void uniform_pair(double *out, uint64_t block, uint32_t step, uint32_t word3, uint32_t k0, uint32_t k1) {
  const crk_block b = crk_philox((uint32_t)block, block >> 32, step, word3, k0, k1);
  out[0] = one_to_two(b.w0, b.w1) - 1.0;
  out[1] = one_to_two(b.w2, b.w3) - 1.0;
}

#define CRK_TILE 64

/* Normals of up to CRK_TILE pairs. Three short loops, because a processor cannot look far enough ahead to
   overlap whole pairs: a tenth faster than one loop. */
CRK_INLINE void normal_tile(
  double *restrict out, size_t pairs, uint64_t first, uint32_t step, uint32_t word3, uint32_t k0, uint32_t k1) {
  double radius[CRK_TILE], angle[CRK_TILE];
  _Pragma("clang loop interleave_count(4)")
  for (size_t j = 0; j < pairs; j++) {
    const uint64_t block = first + j;
    const crk_block b = crk_philox((uint32_t)block, block >> 32, step, word3, k0, k1);
    radius[j] = one_to_two(b.w0, b.w1);
    angle[j] = one_to_two(b.w2, b.w3) - 1.0;
  }
  _Pragma("clang loop interleave_count(2)")
  for (size_t j = 0; j < pairs; j++) radius[j] = radius_kernel(radius[j]);
  _Pragma("clang loop interleave_count(2)")
  for (size_t j = 0; j < pairs; j++) {
    double sine, cosine;
    sincos_kernel(angle[j], &sine, &cosine);
    out[2 * j] = radius[j] * cosine;
    out[2 * j + 1] = radius[j] * sine;
  }
}

CRK_CLONES static void normal_pairs(
  double *restrict out, size_t pairs, uint64_t first, uint32_t step, uint32_t word3, uint32_t k0, uint32_t k1) {
  size_t done = 0;
  /* Whole tiles apart, so that their length is known to the compiler. */
  for (; done + CRK_TILE <= pairs; done += CRK_TILE) {
    normal_tile(out + 2 * done, CRK_TILE, first + done, step, word3, k0, k1);
  }
  if (done < pairs) normal_tile(out + 2 * done, pairs - done, first + done, step, word3, k0, k1);
}

CRK_CLONES static void uniform_pairs(
  double *restrict out, size_t pairs, uint64_t first, uint32_t step, uint32_t word3, uint32_t k0, uint32_t k1) {
  _Pragma("clang loop interleave_count(2)")
  for (size_t j = 0; j < pairs; j++) uniform_pair(out + 2 * j, first + j, step, word3, k0, k1);
}

/* Not cloned: single values, compiled for the oldest processor, so that comparing them with a block also
   compares the instruction sets. */
static __attribute__((noinline)) void one_normal_pair(
  double *out, uint64_t block, uint32_t step, uint32_t word3, uint32_t k0, uint32_t k1) {
  normal_tile(out, 1, block, step, word3, k0, k1);
}

static __attribute__((noinline)) void one_uniform_pair(
  double *out, uint64_t block, uint32_t step, uint32_t word3, uint32_t k0, uint32_t k1) {
  uniform_pair(out, block, step, word3, k0, k1);
}

/* A range that starts or ends in the middle of a pair takes one half of that pair. */
#define CRK_FILL(many, one, domain)                                                \
  const uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);                   \
  const uint32_t word3 = component | domain;                                       \
  double pair[2];                                                                  \
  if (count > 0 && (first & 1)) {                                                  \
    one(pair, first >> 1, step, word3, k0, k1);                                    \
    *out++ = pair[1];                                                              \
    first++;                                                                       \
    count--;                                                                       \
  }                                                                                \
  if (count > 1) many(out, count >> 1, first >> 1, step, word3, k0, k1);           \
  if (count & 1) {                                                                 \
    one(pair, (first + count - 1) >> 1, step, word3, k0, k1);                      \
    out[count - 1] = pair[0];                                                      \
  }

void crk_fill_normals(double *out, size_t count, uint64_t first, uint32_t step, uint32_t component, uint64_t key) {
  CRK_FILL(normal_pairs, one_normal_pair, CRK_DOMAIN_NORMALS)
}

void crk_fill_uniforms(double *out, size_t count, uint64_t first, uint32_t step, uint32_t component, uint64_t key) {
  CRK_FILL(uniform_pairs, one_uniform_pair, CRK_DOMAIN_UNIFORMS)
}

void crk_philox4x32_10(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
  const crk_block b = crk_philox(counter[0], counter[1], counter[2], counter[3], key[0], key[1]);
  out[0] = (uint32_t)b.w0;
  out[1] = (uint32_t)b.w1;
  out[2] = (uint32_t)b.w2;
  out[3] = (uint32_t)b.w3;
}

double crk_log(double u) { return log_kernel(u); }

void crk_sincos_turns(double t, double *sine, double *cosine) { sincos_kernel(t, sine, cosine); }
