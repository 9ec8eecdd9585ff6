// See the header.
#define _GNU_SOURCE
#include "CApusSignals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

static _Atomic unsigned long long noted;
static _Atomic int bell = -1;
/// What each signal did before it was taken. Touched by who takes and gives back, one at a time.
static struct sigaction before[64];

static void note(int number) {
    int saved = errno;
    atomic_fetch_or(&noted, 1ULL << number);
    uint64_t one = 1;
    ssize_t written = write(atomic_load(&bell), &one, sizeof(one));
    (void)written;
    errno = saved;
}

void apus_ring_for_signals(int eventfd) { atomic_store(&bell, eventfd); }

int apus_take_signal(int number) {
    struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART};
    sigfillset(&action.sa_mask);
    return sigaction(number, &action, &before[number]);
}

void apus_give_back_signal(int number) { sigaction(number, &before[number], NULL); }

int apus_ignores_signal(int number) {
    struct sigaction action;
    return sigaction(number, NULL, &action) == 0 && !(action.sa_flags & SA_SIGINFO) && action.sa_handler == SIG_IGN;
}

unsigned long long apus_take_noted_signals(void) { return atomic_exchange(&noted, 0); }

void apus_unblock_signal(int number) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

void apus_end_by_signal(int number) {
    signal(number, SIG_DFL);
    apus_unblock_signal(number);
    raise(number);
    // The first process of a container is not ended by its own signals (pid_namespaces(7)).
    _exit(128 + number);
}
