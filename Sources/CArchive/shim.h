#if !__has_include(<archive.h>)
#error "libarchive is missing: apt install libarchive-dev (make setup installs all that the package needs)"
#endif
#include <archive.h>
#include <archive_entry.h>
