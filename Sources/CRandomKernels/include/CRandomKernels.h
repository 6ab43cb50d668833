/* The C half of RandomStreams: Philox4x32-10, a vectorised Box-Muller kernel on it, and a GSL generator
   type made of it. C, because one loop here is compiled for several instruction sets and picked at load
   time, which Swift cannot do.

   Every result is a pure function of its arguments, and the same bits come out on every machine: the
   kernels use only IEEE additions, multiplications, divisions and square roots, never contracted into
   fused operations, and no call of the mathematical library.

   Counter layout. A Philox counter has four 32-bit words. Words 0 and 1 hold a 64-bit block number, word
   2 a step, and word 3 a component below 2^30 with two domain bits on top, so that normals, uniforms and
   sequential generators of one key never read the same block. */
#ifndef CRANDOM_KERNELS_H
#define CRANDOM_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#define CRK_DOMAIN_NORMALS 0x00000000u
#define CRK_DOMAIN_UNIFORMS 0x40000000u
#define CRK_DOMAIN_SEQUENCE 0xC0000000u

/* out[i] = standard normal of path first + i. Paths 2j and 2j + 1 share block j (cosine, sine). */
void crk_fill_normals(double *out, size_t count, uint64_t first, uint32_t step, uint32_t component, uint64_t key);

/* out[i] = uniform on [0, 1) of path first + i, a multiple of 2^-52. */
void crk_fill_uniforms(double *out, size_t count, uint64_t first, uint32_t step, uint32_t component, uint64_t key);

/* One Philox4x32-10 block, as published. */
void crk_philox4x32_10(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* The two elementary functions of the kernel, for accuracy tests: log u for u in (0, 1], and sine and
   cosine of 2 pi t for t in [0, 1). */
double crk_log(double u);
void crk_sincos_turns(double t, double *sine, double *cosine);

/* A `const gsl_rng_type *`, untyped so that this header needs none of GSL's. */
const void *crk_philox_gsl_type(void);
/* Gives a generator state of that type its full 64-bit key and returns it to its first number. */
void crk_philox_gsl_set_key(void *state, uint64_t key);

#endif
