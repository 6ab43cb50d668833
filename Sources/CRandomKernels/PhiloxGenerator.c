/* Philox4x32-10 as a GSL generator type, so that every GSL distribution runs on a named 64-bit stream.
   GSL seeds a generator with one unsigned long, 32 bits of it on some systems; the key is set apart. */
#include "CRandomKernels.h"
#include "Philox.h"

#include <gsl/gsl_rng.h>

typedef struct {
  uint64_t key, block;
  uint32_t words[4], used;
} philox_state;

void crk_philox_gsl_set_key(void *state, uint64_t key) {
  philox_state *s = state;
  *s = (philox_state){.key = key, .used = 4};
}

static void philox_set(void *state, unsigned long seed) { crk_philox_gsl_set_key(state, seed); }

static unsigned long philox_get(void *state) {
  philox_state *s = state;
  if (s->used == 4) {
    const crk_block b = crk_philox((uint32_t)s->block, s->block >> 32, 0, CRK_DOMAIN_SEQUENCE,
      (uint32_t)s->key, (uint32_t)(s->key >> 32));
    s->words[0] = (uint32_t)b.w0;
    s->words[1] = (uint32_t)b.w1;
    s->words[2] = (uint32_t)b.w2;
    s->words[3] = (uint32_t)b.w3;
    s->block++;
    s->used = 0;
  }
  return s->words[s->used++];
}

static double philox_get_double(void *state) {
  const uint64_t high = philox_get(state) >> 5, low = philox_get(state) >> 6;
  return (double)((high << 26) | low) * 0x1p-53;
}

static const gsl_rng_type philox_type = {
  "philox4x32-10", 0xFFFFFFFFu, 0, sizeof(philox_state), philox_set, philox_get, philox_get_double};

const void *crk_philox_gsl_type(void) { return &philox_type; }
