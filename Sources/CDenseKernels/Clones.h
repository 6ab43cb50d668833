#ifndef CDK_CLONES_H
#define CDK_CLONES_H

/* The resolver that picks a clone runs before ThreadSanitizer has started, and would crash under it. */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CDK_NO_CLONES 1
#endif
#endif
#if defined(__x86_64__) && defined(__linux__) && !defined(CDK_NO_CLONES)
#define CDK_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CDK_CLONES
#endif
#define CDK_INLINE static inline __attribute__((always_inline))

#endif
