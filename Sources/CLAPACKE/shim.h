/* C99 _Complex cannot be imported into Swift; LAPACKE accepts a layout-compatible struct. */
#define LAPACK_COMPLEX_CUSTOM 1
typedef struct { float real, imag; } lapack_complex_float;
typedef struct { double real, imag; } lapack_complex_double;
#include <lapacke.h>
