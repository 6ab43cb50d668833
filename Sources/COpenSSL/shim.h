#if !__has_include(<openssl/evp.h>)
#error "OpenSSL is missing: apt install libssl-dev (make setup installs all that the package needs)"
#endif
#include <openssl/evp.h>
