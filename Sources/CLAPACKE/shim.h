#if !__has_include(<lapacke.h>)
#error "LAPACKE is missing: apt install liblapacke-dev (make setup installs all that the package needs)"
#endif
#if !__has_include(<cblas.h>)
#error "OpenBLAS is missing: apt install libopenblas-dev (make setup installs all that the package needs)"
#endif

/* C99 _Complex cannot be imported into Swift; LAPACKE accepts a layout-compatible struct. */
#define LAPACK_COMPLEX_CUSTOM 1
typedef struct { float real, imag; } lapack_complex_float;
typedef struct { double real, imag; } lapack_complex_double;
#include <lapacke.h>
