#if !__has_include(<zip.h>)
#error "libzip is missing: apt install libzip-dev (make setup installs all that the package needs)"
#endif
#if !__has_include(<zlib.h>)
#error "zlib is missing: apt install zlib1g-dev (make setup installs all that the package needs)"
#endif
#include <zip.h>
#include <zlib.h>
