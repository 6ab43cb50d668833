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
#else
#include <arb.h>
#include <arb_poly.h>
#endif
