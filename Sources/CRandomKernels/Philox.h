/* Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11),
   written on 64-bit lanes: each product of two 32-bit words is then one vector instruction. */
#ifndef CRK_PHILOX_H
#define CRK_PHILOX_H

#include <stdint.h>

#define CRK_INLINE static inline __attribute__((always_inline))

typedef struct {
  uint64_t w0, w1, w2, w3; /* each below 2^32 */
} crk_block;

CRK_INLINE crk_block crk_philox(uint64_t c0, uint64_t c1, uint64_t c2, uint64_t c3, uint32_t k0, uint32_t k1) {
  for (int round = 0; round < 10; round++) {
    const uint64_t p0 = (uint64_t)0xD2511F53u * (uint32_t)c0;
    const uint64_t p1 = (uint64_t)0xCD9E8D57u * (uint32_t)c2;
    c0 = (p1 >> 32) ^ c1 ^ k0;
    c1 = (uint32_t)p1;
    c2 = (p0 >> 32) ^ c3 ^ k1;
    c3 = (uint32_t)p0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return (crk_block){(uint32_t)c0, c1, (uint32_t)c2, c3};
}

#endif
