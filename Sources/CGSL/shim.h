#if !__has_include(<cblas.h>)
#error "OpenBLAS is missing: apt install libopenblas-dev (make setup installs all that the package needs)"
#endif
#if !__has_include(<gsl/gsl_rng.h>)
#error "the GNU Scientific Library is missing: apt install libgsl-dev (make setup installs all that the package needs)"
#endif

/* GSL's own CBLAS header clashes with OpenBLAS' and its library is eight times slower: keep both out. */
#include <cblas.h>
#define __GSL_CBLAS_H__ 1
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_integration.h>
#include <gsl/gsl_multimin.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_sf_airy.h>
#include <gsl/gsl_sf_erf.h>
#include <gsl/gsl_version.h>

/* GSL's generator types are mutable globals, which Swift 6 refuses; a function is safe to call. */
static inline const gsl_rng_type *shim_gsl_rng_mt19937(void) { return gsl_rng_mt19937; }
static inline const gsl_rng_type *shim_gsl_rng_ranlxs2(void) { return gsl_rng_ranlxs2; }
static inline const gsl_rng_type *shim_gsl_rng_ranlxd1(void) { return gsl_rng_ranlxd1; }
static inline const gsl_rng_type *shim_gsl_rng_ranlxd2(void) { return gsl_rng_ranlxd2; }
static inline const gsl_rng_type *shim_gsl_rng_taus2(void) { return gsl_rng_taus2; }
static inline const gsl_rng_type *shim_gsl_rng_gfsr4(void) { return gsl_rng_gfsr4; }
static inline const gsl_rng_type *shim_gsl_rng_cmrg(void) { return gsl_rng_cmrg; }
static inline const gsl_rng_type *shim_gsl_rng_mrg(void) { return gsl_rng_mrg; }
static inline gsl_multimin_fminimizer *shim_gsl_nelder_mead(size_t n) {
  return gsl_multimin_fminimizer_alloc(gsl_multimin_fminimizer_nmsimplex2, n);
}
static inline const char *shim_gsl_version(void) { return gsl_version; }
