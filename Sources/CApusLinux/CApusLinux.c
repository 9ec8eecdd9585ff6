// Forwards to what glibc declares only under _GNU_SOURCE. With it, glibc's headers change shape (fd_set, for
// one) and no longer agree with the module that Swift imports, so these stand here and not in the header.
#define _GNU_SOURCE
#include "CApusLinux.h"

#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

int apus_pin_thread(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    return sched_setaffinity(0, sizeof(set), &set);
}

int apus_affinity(int *cpus, int capacity) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof(set), &set) != 0) return -1;
    int count = 0;
    for (int cpu = 0; cpu < CPU_SETSIZE && count < capacity; cpu++) {
        if (CPU_ISSET(cpu, &set)) cpus[count++] = cpu;
    }
    return count;
}

int apus_eventfd(void) { return eventfd(0, EFD_CLOEXEC); }

void apus_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

void apus_tighten_timers(void) { prctl(PR_SET_TIMERSLACK, 1); }

static _Thread_local void *thread_core;

void *apus_thread_core(void) { return thread_core; }

void apus_set_thread_core(void *core) { thread_core = core; }

static _Thread_local void *thread_spare;

void *apus_thread_spare(void) { return thread_spare; }

void apus_set_thread_spare(void *block) { thread_spare = block; }

static _Thread_local void *thread_notes;

void *apus_thread_notes(void) { return thread_notes; }

void apus_set_thread_notes(void *block) { thread_notes = block; }

// sanitizer/lsan_interface.h; absent unless the program is built with AddressSanitizer.
void __lsan_register_root_region(const void *, size_t) __attribute__((weak));
void __lsan_unregister_root_region(const void *, size_t) __attribute__((weak));

void apus_register_root(const void *address, size_t bytes) {
    if (__lsan_register_root_region) __lsan_register_root_region(address, bytes);
}

void apus_unregister_root(const void *address, size_t bytes) {
    if (__lsan_unregister_root_region) __lsan_unregister_root_region(address, bytes);
}
