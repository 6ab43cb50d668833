#if !__has_include(<cblas.h>)
#error "OpenBLAS is missing: apt install libopenblas-dev (make setup installs all that the package needs)"
#endif
#include <cblas.h>
