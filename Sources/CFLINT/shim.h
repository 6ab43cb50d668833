#if !__has_include(<flint/flint.h>)
#error "FLINT is missing: apt install libflint-dev (make setup installs all that the package needs)"
#endif
#include <stdio.h>
#include <gmp.h>
#include <mpfr.h>
#include <flint/flint.h>
#include <flint/fmpq.h>
#include <flint/fmpq_mpoly.h>
#include <flint/nmod_vec.h>
#include <flint/ulong_extras.h>
/* Arb is a library of its own beside FLINT 2 and a part of FLINT 3. */
#if __has_include(<flint/arb.h>)
#include <flint/arb.h>
#include <flint/arb_poly.h>
#elif !__has_include(<arb.h>)
#error "Arb, which FLINT 2 does not contain, is missing: apt install libflint-arb-dev"
#else
#include <arb.h>
#include <arb_poly.h>
#endif

/* Names of roundings are macros of macros, which Swift does not see. */
static inline double shim_arb_lower(const arb_struct *x)
{
  arf_t bound;
  arf_init(bound);
  arb_get_lbound_arf(bound, x, 53);
  double value = arf_get_d(bound, ARF_RND_FLOOR);
  arf_clear(bound);
  return value;
}
static inline double shim_arb_upper(const arb_struct *x)
{
  arf_t bound;
  arf_init(bound);
  arb_get_ubound_arf(bound, x, 53);
  double value = arf_get_d(bound, ARF_RND_CEIL);
  arf_clear(bound);
  return value;
}
static inline double shim_arb_midpoint(const arb_struct *x) { return arf_get_d(arb_midref(x), ARF_RND_NEAR); }
