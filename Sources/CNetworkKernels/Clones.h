// Functions that are compiled for several instruction sets, of which the dynamic linker picks one.

#pragma once

// The linker picks before the thread sanitizer is ready for it.
#if defined(__x86_64__) && defined(__linux__) && !__has_feature(thread_sanitizer)
#define CLONED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CLONED
#endif
#define INLINED static inline __attribute__((always_inline))
