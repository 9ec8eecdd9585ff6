// glibc calls the constructors of a program and of its libraries with what it calls `main` with
// (elf/dl-init.c). Swift's `CommandLine` reads /proc/self/cmdline instead, and is empty where a container or
// a chroot(2) has no /proc.
#include "CApusArguments.h"

static int count;
static char *const *arguments;

__attribute__((constructor)) static void note_arguments(int argc, char **argv) {
    count = argc;
    arguments = argv;
}

int apus_argument_count(void) { return count; }

char *const *apus_arguments(void) { return arguments; }
