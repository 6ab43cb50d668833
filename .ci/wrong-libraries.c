// Libraries with one wrong function each, loaded before the true ones: the variable WRONG names the function that is off by
// a billionth, or by what its comment says. Everything else is handed on.
#define _GNU_SOURCE
#include <arb.h>
#include <dlfcn.h>
#include <flint/fmpq.h>
#include <stdlib.h>
#include <string.h>

static int is_wrong(const char *name) {
  const char *wrong = getenv("WRONG");
  return wrong != NULL && strcmp(wrong, name) == 0;
}
#define TRUE_ONE(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
static const double off = 1 + 1e-9;

// The headers of BLAS and of GSL declare the same types, so neither is included.

void cblas_dgemm(int order, int ta, int tb, int m, int n, int k, double alpha, const double *a, int lda, const double *b,
                 int ldb, double beta, double *c, int ldc) {
  TRUE_ONE(cblas_dgemm)(order, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
  if (m > 0 && n > 0 && is_wrong("cblas_dgemm")) c[0] *= off;
}

void cblas_dgemv(int order, int t, int m, int n, double alpha, const double *a, int lda, const double *x, int incx,
                 double beta, double *y, int incy) {
  TRUE_ONE(cblas_dgemv)(order, t, m, n, alpha, a, lda, x, incx, beta, y, incy);
  if (m > 0 && n > 0 && is_wrong("cblas_dgemv")) y[0] *= off;
}

int LAPACKE_dgesdd(int order, char job, int m, int n, double *a, int lda, double *s, double *u, int ldu, double *v,
                   int ldv) {
  int info = TRUE_ONE(LAPACKE_dgesdd)(order, job, m, n, a, lda, s, u, ldu, v, ldv);
  if (m > 0 && n > 0 && is_wrong("LAPACKE_dgesdd")) s[0] *= off;
  return info;
}

int LAPACKE_dsyevd(int order, char job, char triangle, int n, double *a, int lda, double *w) {
  int info = TRUE_ONE(LAPACKE_dsyevd)(order, job, triangle, n, a, lda, w);
  if (n > 0 && is_wrong("LAPACKE_dsyevd")) w[n - 1] *= off;
  return info;
}

/// Two percent too wide.
double gsl_ran_ugaussian(const void *generator) {
  double x = TRUE_ONE(gsl_ran_ugaussian)(generator);
  return is_wrong("gsl_ran_ugaussian") ? 1.02 * x : x;
}

/// A hundred times too large: every test would pass everything.
double gsl_cdf_ugaussian_Qinv(double q) {
  double x = TRUE_ONE(gsl_cdf_ugaussian_Qinv)(q);
  return is_wrong("gsl_cdf_ugaussian_Qinv") ? 100 * x : x;
}

int gsl_integration_qag(const void *f, double a, double b, double absolute, double relative, size_t limit, int key,
                        void *workspace, double *result, double *error) {
  int status = TRUE_ONE(gsl_integration_qag)(f, a, b, absolute, relative, limit, key, workspace, result, error);
  if (is_wrong("gsl_integration_qag")) *result *= off;
  return status;
}

static void move(arb_t ball, slong precision) {
  arf_t factor;
  arf_init(factor);
  arf_set_d(factor, off);
  arb_mul_arf(ball, ball, factor, precision);
  arf_clear(factor);
}

void arb_exp(arb_t y, const arb_t x, slong precision) {
  TRUE_ONE(arb_exp)(y, x, precision);
  if (is_wrong("arb_exp")) move(y, precision);
}

void arb_sqrt(arb_t y, const arb_t x, slong precision) {
  TRUE_ONE(arb_sqrt)(y, x, precision);
  if (is_wrong("arb_sqrt")) move(y, precision);
}

/// The wrong sign once in a thousand products.
void fmpq_mul(fmpq_t z, const fmpq_t x, const fmpq_t y) {
  static long calls;
  TRUE_ONE(fmpq_mul)(z, x, y);
  if (is_wrong("fmpq_mul") && __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED) % 1000 == 0) fmpq_neg(z, z);
}
