// The C library lets a program replace its allocator (malloc(3)): these count and forward to glibc's own entries. A
// sanitizer brings replacements of its own; then nothing is counted, and the test that relies on it says so.
#include "ApusHeapProbe.h"

#include <errno.h>
#include <malloc.h>
#include <stddef.h>

static __thread unsigned long count __attribute__((tls_model("initial-exec")));

unsigned long apus_heap_allocations(void) { return count; }

unsigned long apus_heap_bytes(void) {
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_ITS_OWN_HEAP 1
#endif

#if defined(__GLIBC__) && !defined(HAS_ITS_OWN_HEAP)
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

void *malloc(size_t size) {
    count++;
    return __libc_malloc(size);
}
void *calloc(size_t members, size_t size) {
    count++;
    return __libc_calloc(members, size);
}
void *realloc(void *block, size_t size) {
    count++;
    return __libc_realloc(block, size);
}
void *aligned_alloc(size_t alignment, size_t size) {
    count++;
    return __libc_memalign(alignment, size);
}
int posix_memalign(void **block, size_t alignment, size_t size) {
    count++;
    *block = __libc_memalign(alignment, size);
    return *block ? 0 : ENOMEM;
}
#endif
