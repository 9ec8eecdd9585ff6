// ApusHeapProbe: counts what the calling thread asks of the heap, for tests of code that must ask for nothing.
#ifndef APUSHEAPPROBE_H
#define APUSHEAPPROBE_H

/// Allocations of the calling thread so far: malloc, calloc, realloc, posix_memalign and aligned_alloc.
unsigned long apus_heap_allocations(void);

/// Bytes that the process has from the heap.
unsigned long apus_heap_bytes(void);

#endif
